"""What python-socketio is told, what a tenant's room is called, and rounds that never end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from stoflow.domain.ids import TenantId
from stoflow.http.facts import BackgroundLoopFailed
from stoflow.http.sockets.guarded_socket import SCOPE_KEY
from stoflow.http.sockets.lean_socketio import socketio
from stoflow.http.sockets.limits import SocketLimits
from stoflow.http.sockets.mute import MUTE
from stoflow.http.sockets.relay import Relay
from stoflow.monitoring.record import record

PING_INTERVAL_S: Final = 25
PING_TIMEOUT_S: Final = 20
PAUSE_S: Final = 1.0


class SocketServer(socketio.AsyncServer):
    """Forgets a socket with its connection.

    python-engineio does so once it has said goodbye, which the web server refuses where the client is gone: what the
    socket holds, 28 KiB before anybody has said who it is, then stayed until the next ping had run out, 45 s later.
    """

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        environ["asgi.scope"][SCOPE_KEY].engine_id = eio_sid
        await super()._handle_eio_connect(eio_sid, environ)

    async def forget(self, engine_id: str) -> None:
        """Forget a socket by Engine.IO's id, if it is known still; whoever knows it by Socket.IO's is told."""
        kept = self.eio.sockets.pop(engine_id, None)
        if kept is not None:
            await kept.close(wait=False, abort=True)


def make_server(relay: Relay | None, origins: Sequence[str], limits: SocketLimits) -> SocketServer:
    return SocketServer(
        async_mode="asgi",
        client_manager=relay,
        logger=MUTE,  # pyright: ignore[reportArgumentType] - a logger is as welcome as a bool
        engineio_logger=MUTE,
        async_handlers=False,
        transports=["websocket"],
        allow_upgrades=False,
        cors_allowed_origins=partial(may_come_from, frozenset(origins)),  # pyright: ignore[reportArgumentType]
        max_http_buffer_size=limits.frame_bytes,
        ping_interval=PING_INTERVAL_S,
        ping_timeout=PING_TIMEOUT_S,
    )


def may_come_from(named: frozenset[str], origin: str, environ: Mapping[str, str]) -> bool:
    """Say whether a page of this origin may open a socket: those that are named, and the installation's own always.

    Whoever names an extension's origin does not shut its own pages out with that. As python-engineio does where
    nothing is named, a proxy's headers are believed: no page can make its browser send them.
    """
    return "*" in named or origin in named or origin in _own_origins(environ)


def _own_origins(environ: Mapping[str, str]) -> set[str]:
    scheme, host = environ["wsgi.url_scheme"], environ.get("HTTP_HOST", "")
    outer_scheme = environ.get("HTTP_X_FORWARDED_PROTO", scheme).split(",")[0].strip()
    outer_host = environ.get("HTTP_X_FORWARDED_HOST", host).split(",")[0].strip()
    return {f"{scheme}://{host}", f"{outer_scheme}://{outer_host}"}


def room_of(tenant: TenantId) -> str:
    return f"user_{int(tenant)}"


async def again_and_again(name: str, once: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await once()
        except Exception as error:  # noqa: BLE001 - the last one who can answer
            record(BackgroundLoopFailed.of(name, error))
            await asyncio.sleep(PAUSE_S)
