"""One websocket under guard: what comes in is judged first, and it ends on time."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from starlette.types import Message, Receive, Scope, Send

from stoflow.domain.ids import TenantId
from stoflow.http.auth.tokens import LIFETIME_S
from stoflow.http.bucket import Bucket
from stoflow.http.connections import WELCOME_KEY
from stoflow.http.facts import SocketClosed
from stoflow.http.sockets.frames import CONNECT, Bad, Connect, Event, Frame, Leave, is_leave, read_frame
from stoflow.http.sockets.limits import COUNTED_CHARACTERS, MAX_HELLO_CHARACTERS, SocketLimits, SocketTimes
from stoflow.monitoring.record import record

SCOPE_KEY: Final = "stoflow.socket"
POLICY_VIOLATION: Final = 1008
TRY_AGAIN_LATER: Final = 1013
REFUSED_FRAME: Final = "44"  # Engine.IO message, Socket.IO CONNECT_ERROR
ERROR_EVENT_PREFIX: Final = "42"
TOO_FAST: Final = {"code": "too_fast", "message": "You send faster than allowed; you are being read more slowly."}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is at the other end. `plugin_id` is "" for a frontend."""

    tenant: TenantId
    kind: Literal["frontend", "plugin"]
    plugin_id: str = ""
    sign_in: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """With which code of RFC 6455 the socket is closed, and why."""

    code: int
    reason: str


class GuardedSocket:
    """Stands between the web server and python-socketio; `receive` and `send` take the place of the server's own."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        limits: SocketLimits,
        times: SocketTimes,
        clock: Callable[[], float] = time.time,
        pause: Callable[[], Awaitable[None]] | None = None,
        known: Callable[[], None] | None = None,
    ) -> None:
        self.identity: Identity | None = None
        self.socket_id = ""
        self.scope: Scope = {**scope, SCOPE_KEY: self}
        self.engine_id = ""  # Engine.IO's, once it has one
        self._receive = receive
        self._send = send
        self._limits = limits
        self._times = times
        self._clock = clock
        self._pause = pause
        self._known = known
        loop = asyncio.get_running_loop()
        self._buckets = [Bucket(per_s=limits.frames_per_s, burst=limits.frames_burst, clock=loop.time)]
        self._ended: asyncio.Future[Ending] = loop.create_future()
        self._connecting = False
        self._timer = loop.call_later(times.connect_s, self.end, "Nobody was authenticated in time.")

    def admit(self, socket_id: str, identity: Identity, *, expires_at: float, tenant_bucket: Bucket) -> None:
        """Let the authenticated client in, until its token ends."""
        self.socket_id = socket_id
        self.identity = identity
        self._buckets.append(tenant_bucket)
        self._is_known()
        self.scope.get(WELCOME_KEY, bool)()  # of a web server other than ours nobody is told
        self.renew(expires_at)

    def renew(self, expires_at: float) -> None:
        """Keep the socket until the new token ends, and a little longer."""
        self._timer.cancel()
        left_s = min(expires_at - self._clock(), LIFETIME_S)  # a clock that was set back lengthens no token's life
        stay_s = left_s + self._times.token_grace_s
        self._timer = asyncio.get_running_loop().call_later(stay_s, self.end, "The access token has ended.")

    def end(self, reason: str, code: int = POLICY_VIOLATION) -> None:
        """Close the socket, which says nothing more; python-socketio sees it as gone. Safe to call twice."""
        if not self._ended.done():
            self._ended.set_result(Ending(code, reason))
            record(SocketClosed(tenant=self.identity.tenant if self.identity else 0, reason=reason))

    def ends_at(self) -> float:
        """Return when the socket will be closed, by the loop's clock."""
        return self._timer.when()

    def release(self) -> None:
        """Let go of the timer; the socket is over."""
        self._timer.cancel()
        self._is_known()

    async def receive(self) -> Message:
        """Return the next message worth passing on."""
        while True:
            message = await self._next()
            if message["type"] != "websocket.receive":
                return message
            await self._hold_back(message)
            frame = await self._judged(message)
            if isinstance(frame, Leave) or self._ended.done():
                return {"type": "websocket.disconnect", "code": 1000}
            if isinstance(frame, Event):
                return {**message, "text": frame.text}
            if not isinstance(frame, Bad):
                return message
            await self.complain({"code": frame.code, "message": frame.message})

    async def send(self, message: Message) -> None:
        """Pass a message on. A client that does not read for `send_s` loses its socket: nothing piles up for it."""
        if self._ended.done():
            if message["type"] != "websocket.close":
                return
            message = {"type": "websocket.close", **asdict(self._ended.result())}
        try:
            async with asyncio.timeout(self._times.send_s):
                await self._send(message)
        except TimeoutError:
            self.end("The client does not read what it is sent.")
            raise
        if (message.get("text") or "").startswith(REFUSED_FRAME):
            self.end("The connection was refused.")

    async def complain(self, said: Mapping[str, Any]) -> None:
        """Tell the client what was wrong (`code`, `message` …): as an event, or by refusing one that is not in yet."""
        if self.identity is None:
            if self._pause is not None:
                await self._pause()
            text = REFUSED_FRAME + json.dumps({"message": said["message"], "data": said})
        else:
            text = ERROR_EVENT_PREFIX + json.dumps(["error", said])
        await self.send({"type": "websocket.send", "text": text})

    async def _next(self) -> Message:
        incoming = asyncio.ensure_future(self._receive())
        try:
            await asyncio.wait({incoming, self._ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not incoming.done():
                incoming.cancel()
        if self._ended.done():
            return {"type": "websocket.disconnect", "code": self._ended.result().code}
        return incoming.result()

    def _is_known(self) -> None:
        """Say once that it is known whose the socket is, or that nobody will know."""
        if self._known is not None:
            self._known()
            self._known = None

    async def _hold_back(self, message: Message) -> None:
        counted = 1 + len(message.get("text") or "") // COUNTED_CHARACTERS
        wait_s = max(bucket.take(counted) for bucket in self._buckets)
        if wait_s > 0:
            await self.complain(TOO_FAST)
            await asyncio.wait({self._ended}, timeout=wait_s)

    async def _judged(self, message: Message) -> Frame:
        text = message.get("text")
        if text is None:
            return Bad("binary", "Binary data is not accepted here.")
        if self.identity is None:
            return self._judged_of_nobody(text)
        if len(text) > self._limits.frame_bytes or len(text.encode()) > self._limits.frame_bytes:
            return Bad("too_large", f"A frame may have at most {self._limits.frame_bytes} bytes.")
        frame = await asyncio.to_thread(read_frame, text) if len(text) > COUNTED_CHARACTERS else read_frame(text)
        if isinstance(frame, Connect):
            return Bad("already_connected", "This socket has already said who it is.")
        return frame

    def _judged_of_nobody(self, text: str) -> Frame:
        """Read a hello, and nothing else: what nobody says is not looked at."""
        if is_leave(text):
            return Leave()
        if len(text) > MAX_HELLO_CHARACTERS:
            return Bad("too_large", f"Who you are takes at most {MAX_HELLO_CHARACTERS} characters.")
        if not text.startswith(CONNECT):
            return Bad("not_connected", "Say who you are first.")
        frame = read_frame(text)
        if isinstance(frame, Connect):
            if self._connecting:
                return Bad("already_connected", "This socket has already said who it is.")
            self._connecting = True
        return frame
