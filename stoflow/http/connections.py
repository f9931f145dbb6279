"""The web server's own protocols, with bounds that uvicorn's have not: how many connections, and how long each waits.

Nothing of what a client sends is looked at here beyond what says where one request ends and the next begins.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast

import h11
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.protocols.utils import get_remote_addr
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.http11 import Request

from stoflow.http.addresses import neighbourhood

FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
WELCOME_KEY: Final = "stoflow.welcome"  # in a socket's scope: called when its client has said who it is
UNANSWERED: Final = (h11.IDLE, h11.SEND_RESPONSE)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """`address_connections` 0 is any number; a header, and whatever is sent, has so many seconds.

    A connection on which nothing was asked, or nobody said who they are, takes its room for about `in_vain_s` longer.
    """

    address_connections: int = 500
    header_s: float = 10.0
    write_s: float = 20.0
    in_vain_s: float = 10.0


Leave = Callable[[bool], None]
"""Takes back that a connection was counted, given whether it was in vain."""


@dataclass(slots=True)
class Crowd:
    """How many connections each address has; those of `trusted` proxies are other people's.

    One that was in vain is counted `in_vain_s` longer: who comes again and again for nothing is kept outside, where
    that costs next to nothing.
    """

    most: int
    trusted: Container[str] = ()
    in_vain_s: float = 0.0
    call_later: Callable[[float, Callable[[], None]], object] | None = None  # the running loop's own
    _open: Counter[str] = field(default_factory=Counter[str])

    def enter(self, host: str) -> Leave | None:
        """Count one more and return what takes it back, or None where that would be too many."""
        address = neighbourhood(host)
        if not self.most or host in self.trusted:
            return _nothing
        if self._open[address] >= self.most:
            return None
        self._open[address] += 1
        return partial(self._leave, address)

    def has_room(self, host: str) -> bool:
        """Say whether one more of a client may come in."""
        return not self.most or host in self.trusted or self._open[neighbourhood(host)] < self.most

    def _leave(self, address: str, in_vain: bool) -> None:  # noqa: FBT001 - what a Leave takes
        if in_vain and self.in_vain_s:  # not all at the same moment who came at the same moment
            call_later = self.call_later or asyncio.get_running_loop().call_later
            call_later(self.in_vain_s * random.uniform(0.5, 1.5), partial(self._forget, address))
        else:
            self._forget(address)

    def _forget(self, address: str) -> None:
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


class _Watched(asyncio.Protocol):
    """Cuts off a client that takes nothing of what it is sent for `write_s`, also where we have closed already."""

    transport: asyncio.Transport
    write_s: float
    _unsent: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_again()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_looking()

    def _look_again(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._unsent = asyncio.get_running_loop().call_later(self.write_s, self._look, left)

    def _look(self, left_before: int) -> None:
        if self.transport.get_write_buffer_size() < left_before:
            self._look_again()
        else:
            self.transport.abort()  # closing waits until everything is sent

    def _stop_looking(self) -> None:
        if self._unsent is not None:
            self._unsent.cancel()
            self._unsent = None


class BoundedWebSocket(_Watched, WebSocketsSansIOProtocol):
    """A websocket, which takes the place of the connection that asked for it."""

    leave: Leave | None = None
    _in_vain = True

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_looking()
        super().connection_lost(exc)
        if self.leave is not None:
            self.leave(self._in_vain)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            cast("dict[str, Any]", self.scope)[WELCOME_KEY] = self._welcome

    def _welcome(self) -> None:
        self._in_vain = False

    def handle_parser_exception(self) -> None:
        """End a socket on which something came that is no frame.

        uvicorn takes it that a goodbye was sent, which none is before the socket is accepted.
        """
        if self.conn.close_sent is not None:
            super().handle_parser_exception()
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.PROTOCOL_ERROR})
        self.handshake_complete = self.close_sent = self.disconnected = True  # nothing more is said of it, or to it
        self.transport.close()


class _OneLength(h11.Connection):
    """Refuses a request that says its length in two ways: another reader may have believed the other one."""

    def next_event(self) -> Any:
        event = super().next_event()
        if isinstance(event, h11.Request) and {name for name, _ in event.headers} >= FRAMING:
            raise h11.RemoteProtocolError("It has Transfer-Encoding and Content-Length.")
        return event


class BoundedHttp(_Watched, H11Protocol):
    """HTTP/1.1 of whoever there is room for, whose headers come in time."""

    limits: ConnectionLimits
    crowd: Crowd
    _late: asyncio.TimerHandle | None = None
    _leave: Leave | None = None
    _in_vain = True

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.write_s = self.limits.write_s
        self.conn = _OneLength(h11.SERVER, self.config.h11_max_incomplete_event_size or 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        connection = cast("asyncio.Transport", transport)
        host, *_ = get_remote_addr(connection) or ("",)
        self._leave = self.crowd.enter(host)
        if self._leave is None:
            connection.abort()
            return
        connection.set_write_buffer_limits(high=0)  # so that whatever is not sent is known
        super().connection_made(connection)
        self._expect_a_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_looking()
        self._expect_nothing()
        if self._leave is not None:
            super().connection_lost(exc)
            self._leave(self._in_vain)

    def data_received(self, data: bytes) -> None:
        if self._late is None and self._is_idle():
            self._expect_a_request()
        super().data_received(data)
        if not self._is_idle():
            self._expect_nothing()
            self._in_vain = False

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, where nothing was answered yet; who is at work on its request has lost its client."""
        self._in_vain = True
        if self.conn.our_state in UNANSWERED:
            super().send_400_response(msg)
        else:
            self.transport.close()
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._expect_nothing()
        super().handle_websocket_upgrade(event)
        self._stop_looking()
        socket = cast("BoundedWebSocket", self.transport.get_protocol())
        socket.write_s, socket.leave, self._leave = self.write_s, self._leave, None
        if self.transport.get_write_buffer_size():
            socket.pause_writing()

    def _is_idle(self) -> bool:
        """Return whether no request is being worked on: then what comes is a header, or a body nobody wants."""
        upgraded = self.transport.get_protocol() is not self
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return not upgraded and (cycle is None or cycle.response_complete)

    def _expect_a_request(self) -> None:
        self._late = self.loop.call_later(self.limits.header_s, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def bounded_http(limits: ConnectionLimits, trusted: Sequence[str]) -> type[BoundedHttp]:
    """Return the protocol of one server, whose connections are counted together."""
    proxies = ProxyHeadersMiddleware(service_unavailable, list(trusted)).trusted_hosts  # read as uvicorn reads them
    crowd = Crowd(limits.address_connections, proxies, limits.in_vain_s)
    return type("BoundedHttp", (BoundedHttp,), {"limits": limits, "crowd": crowd})


def _nothing(_: bool) -> None:  # noqa: FBT001 - what a Leave takes
    """Take nothing back: it was not counted."""
