"""The web server in front of the doors, with every limit said."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import uvicorn
from starlette.applications import Starlette

from stoflow.http.connections import BoundedWebSocket, ConnectionLimits, bounded_http
from stoflow.http.doorstep import doorsteps
from stoflow.http.listening import DRAIN_S, listen
from stoflow.http.sockets.limits import MAX_FRAME_BYTES

MAX_CONNECTIONS: Final = 4000  # those above are answered 503 at once
MAX_HEADER_BYTES: Final = 32 * 1024
KEEP_ALIVE_S: Final = 15
TICK_S: Final = 1.0  # the header Date is made anew


class WebServer(uvicorn.Server):
    """Lets those go first who wait for something: else they would be cut off when the time to drain is over.

    It is told that it is to exit, where uvicorn's own looks ten times a second, which costs most while nobody comes.
    `has_room` is asked with the address of whoever comes, before anything is made of a connection.
    """

    def __init__(self, config: uvicorn.Config, drain: Callable[[], None], has_room: Callable[[str], bool]) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._exits = asyncio.Event()
        super().__init__(config)
        self._drain = drain
        self._has_room = has_room

    @property
    def should_exit(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride] - set as uvicorn's own is
        return self._exits.is_set()

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        """Set it from any thread, or from a signal's handler."""
        if value and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._exits.set)
        elif value:
            self._exits.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        listening = sockets or listen(self.config.host, self.config.port)
        await super().startup(doorsteps(listening, self._has_room))
        if not sockets:
            for each in listening:
                each.close()

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._exits.wait(), TICK_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._drain()
        await super().shutdown(sockets)


def web_server(
    app: Starlette,
    *,
    host: str,
    port: int,
    trusted_proxies: Sequence[str] = (),
    limits: ConnectionLimits | None = None,
) -> uvicorn.Server:
    """Return a server that is not running yet; `port` 0 takes a free one."""
    http = bounded_http(limits or ConnectionLimits(), trusted_proxies)
    return WebServer(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            lifespan="on",
            log_config=None,
            access_log=False,  # paths and queries are the tenant's
            # what may come in
            http=http,
            ws=BoundedWebSocket,  # reads from a client only as fast as the door takes what it read
            ws_max_size=MAX_FRAME_BYTES,
            ws_per_message_deflate=False,  # a small frame must not unfold into a large one
            limit_concurrency=MAX_CONNECTIONS,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=DRAIN_S,
            # whom to believe: by default uvicorn would trust whoever comes from this machine
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            server_header=False,
        ),
        getattr(app.state, "drain", lambda: None),
        http.crowd.has_room,
    )
