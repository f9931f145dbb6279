"""As much of StoFlow as a plugin sees, without a database: the real socket door, tokens, photos, a simulated site."""

import socket
import threading
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from stoflow.domain.call import Answer
from stoflow.domain.errors import ConfigurationError, DatabaseUnavailable
from stoflow.domain.ids import TenantId
from stoflow.http.auth.auth import Authentication, TenantStatus
from stoflow.http.auth.keys import SigningKeys, new_key
from stoflow.http.auth.tokens import LIFETIME_S, Access, AccessTokens, NotAuthenticated
from stoflow.http.rest.refusals import Refusals
from stoflow.http.rest.threads import Threads
from stoflow.http.server import web_server
from stoflow.http.sockets.event_use_cases import EventUseCases
from stoflow.http.sockets.limits import SocketLimits, SocketTimes
from stoflow.http.sockets.plugin_use_cases import PluginUseCases
from stoflow.http.sockets.sockets import Sockets
from stoflow.marketplaces.vinted.terms import TERMS
from stoflow.resources.events.read import Told
from stoflow.resources.jobs.views import PluginCommand
from stoflow_sandbox.server import SandboxServer
from stoflow_sandbox.vinted.conformance.wire import Wire

HOST: Final = "127.0.0.1"
TENANT: Final = TenantId(1)
TRACEPARENT: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"  # as W3C's own example has it
MEMBER: Final = "Checked seller"
STOP_S: Final = 10.0
POLL_S: Final = 0.1
SHORT_LIFE_S: Final = 100  # of a token: less than a plugin lets pass before it asks for the next one


class Door(Authentication):
    """Lets the seller in, unless a check wants otherwise: `away` is what passes by itself, `refusing` what does not."""

    away = False
    refusing = False

    async def access(self, token: str) -> Access:
        if self.away:
            raise DatabaseUnavailable("The database is away, as this check wants it.")
        if self.refusing:
            raise NotAuthenticated("This token is not good any more, as this check wants it.")
        return await super().access(token)


class Station:
    """A context: it serves while it is open. `url` is StoFlow's address, `site_url` the simulated site's."""

    def __init__(self, *, port: int = 0, origins: Sequence[str] = (), token_file: Path | None = None) -> None:
        self._listener = _listening(port)  # first of all: nothing else is open yet where it cannot be had
        self.sandbox = SandboxServer()
        self.member: Mapping[str, Any] = {}
        self._keys = SigningKeys([new_key()])
        self._tokens = AccessTokens(self._keys)
        self.door = Door(
            self._tokens, lambda tenants: dict.fromkeys(tenants, TenantStatus.ACTIVE), threads := Threads()
        )
        self._commands: dict[str, tuple[PluginCommand, str]] = {}
        self._lock = threading.Lock()
        self._taken = threading.Condition(self._lock)
        self._token_file = token_file
        self._refresh = uuid4().hex
        self.photos: list[str] = []  # the Authorization of each that was asked for
        sockets = Sockets(
            self._use_cases(),
            EventUseCases(lambda tenants: dict.fromkeys(tenants, 0), lambda *_: Told((), False, 0)),
            self.door,
            threads,
            Refusals(0),
            relay=None,
            origins=origins,
            limits=SocketLimits(),
            times=SocketTimes(poll_s=POLL_S),
        )
        self.wire = Wire(sockets.asgi)
        self._server = web_server(self._app(sockets), host=HOST, port=port)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="station", daemon=True
        )

    def __enter__(self) -> Self:
        self.sandbox.start()
        self.member = self.sandbox.sandbox.control.make_seller("vinted", tenant=TENANT, name=MEMBER)
        self.issue()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.should_exit = True
        self.wire.drop()
        self._thread.join(STOP_S)
        self._listener.close()
        self.sandbox.stop()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._listener.getsockname()[1]}"

    @property
    def site_url(self) -> str:
        return f"{self.sandbox.url}/vinted"

    @property
    def refresh_token(self) -> str:
        """Return what POST /auth/refresh takes next, once."""
        return self._refresh

    def issue(self, *, lives_s: float = LIFETIME_S) -> str:
        """Return a new access token, and write it where the plugin reads it."""
        clock = AccessTokens(self._keys, clock=lambda: time.time() - LIFETIME_S + lives_s)
        token = clock.issue_access_token(TENANT)
        if self._token_file is not None:
            unfinished = self._token_file.with_suffix(".new")
            unfinished.touch(mode=0o600)
            unfinished.write_text(token, "utf-8")
            unfinished.replace(self._token_file)
        return token

    def command(
        self, action: str, payload: Mapping[str, Any], *, request_id: str = "", late: bool = False, traced: bool = False
    ) -> str:
        """Put a command in line; return its request id."""
        request_id = request_id or str(uuid4())
        left = timedelta(minutes=-1 if late else 2)
        times = datetime.now(UTC) + left, left.total_seconds()
        named = f"check-{request_id[:8]}", TRACEPARENT if traced else ""
        command = PluginCommand(TENANT, request_id, "", action, payload, *times, *named)
        with self._lock:
            self._commands[request_id] = command, ""
        return request_id

    def wait_until_taken(self, request_id: str, *, within_s: float) -> bool:
        """Return whether the answer of a command was taken in time: what is heard is not stored yet."""
        with self._taken:
            return self._taken.wait_for(lambda: request_id not in self._commands, within_s)

    def count(self, operation: str) -> int:
        """Return how often the site did this."""
        return sum(one.operation == operation and one.status == 200 for one in self.sandbox.sandbox.ledger.since())  # noqa: PLR2004  a status

    def _use_cases(self) -> PluginUseCases:
        return PluginUseCases(
            connected=lambda *_: None,
            gone=lambda *_: None,
            absent=lambda _: (),
            open_commands=self._open_commands,
            commands_sent=self._commands_sent,
            receive_answer=self._receive_answer,
            session_state=lambda *_: None,
        )

    def _open_commands(self, plugins: Sequence[tuple[TenantId, str]]) -> Sequence[PluginCommand]:
        with self._lock:
            return [
                replace(command, plugin_id=plugin_id)
                for _, plugin_id in plugins
                for command, bound in self._commands.values()
                if bound in {"", plugin_id}
            ]

    def _commands_sent(self, leaving: Sequence[PluginCommand]) -> Sequence[PluginCommand]:
        with self._lock:
            return [each for each in leaving if self._binds(each.request_id, each.plugin_id)]

    def _binds(self, request_id: str, plugin_id: str) -> bool:
        command, bound = self._commands.get(request_id, (None, ""))
        if command is None or bound not in {"", plugin_id}:
            return False
        self._commands[request_id] = command, plugin_id
        return True

    def _receive_answer(self, _: TenantId, __: str, request_id: str, ___: Answer) -> None:
        with self._taken:
            self._commands.pop(request_id, None)
            self._taken.notify_all()

    # --- what a plugin asks over HTTP ---

    def _app(self, sockets: Sockets) -> Starlette:
        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncGenerator[None]:
            await sockets.start(_silence)
            try:
                yield
            finally:
                await sockets.stop()

        routes = [
            Route("/api/products/{product:int}/photos/{position:int}", self._photo),
            Route("/api/vinted/plugin-terms", self._terms, methods=["GET", "PUT"]),
            Route("/auth/refresh", self._renew, methods=["POST"]),
            Mount("/socket.io", app=self.wire.asgi),
        ]
        return Starlette(routes=routes, lifespan=lifespan)

    async def _photo(self, request: Request) -> Response:
        self.photos.append(request.headers.get("authorization", ""))
        picture = BytesIO()
        Image.new("RGB", (320, 240), "grey").save(picture, "JPEG")
        return Response(picture.getvalue(), media_type="image/jpeg")

    async def _terms(self, request: Request) -> Response:
        at = datetime.now(UTC).isoformat() if request.method == "PUT" else None
        return JSONResponse({"version": TERMS.version, "text": TERMS.text, "accepted_at": at})

    async def _renew(self, request: Request) -> Response:
        given = (await request.json()).get("refresh_token")
        if given != self._refresh:
            return JSONResponse({"detail": "This refresh token was used."}, 401)
        self._refresh = uuid4().hex
        pair = {"access_token": self.issue(lives_s=SHORT_LIFE_S), "refresh_token": self._refresh}
        return JSONResponse({"tenant": TENANT, "expires_in": SHORT_LIFE_S, **pair})


def _listening(port: int) -> socket.socket:
    """Return a socket at which clients may wait already; raise ConfigurationError where the port is taken."""
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        message = f"Nothing can listen on {HOST}:{port}: {error.strerror}. Choose another --port."
        raise ConfigurationError(message) from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio would not: create_server names no protocol
    return listener


async def _silence() -> AsyncGenerator[Mapping[str, Any]]:
    """Bring no news: the door looks by itself."""
    return
    yield {}
