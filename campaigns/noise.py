"""Sends what is wrong to an api, and looks at whether it answers in its own words, soon, and to everybody else too."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Final

from campaigns.corpus import frame, frames, requests

AT_ONCE: Final = 64
QUIET_S: Final = 1.0  # then the client leaves: it has not said all that it began to say
FIRST_S: Final = 3.0  # without any answer
LONGEST_S: Final = 60.0
A_SOCKET: Final = 20  # frames
PROBED_EVERY: Final = 500
PROBE_S: Final = 30.0
SHOWN: Final = 300
STATUS: Final = re.compile(rb"HTTP/1\.1 ([0-9]{3})")
INTERNAL_ERROR: Final = (1011).to_bytes(2, "big")
UPGRADE: Final = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: api\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@dataclass
class Heard:
    """`faults` are what must not be: each with what was sent."""

    answers: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])

    def wrong(self, why: str, sent: bytes) -> None:
        self.faults.append(f"{why}: {sent[:SHOWN]!r}")


@dataclass(frozen=True, slots=True)
class Noise:
    """One run against an api at a port of this machine; `token` opens it."""

    port: int
    token: str
    seed: int
    heard: Heard = field(default_factory=Heard)

    async def make(self, http: int, of_sockets: int) -> Heard:
        """Send so many requests and so many frames."""
        random = Random(self.seed)
        asked = islice(requests(random, self.token), http)
        said = frames(random)
        sockets = (b"".join(islice(said, A_SOCKET)) for _ in range(of_sockets // A_SOCKET))
        await asyncio.gather(*(self._ask_all(asked) for _ in range(AT_ONCE)))
        await asyncio.gather(*(self._say_all(sockets, random) for _ in range(AT_ONCE)))
        await self._probe()
        return self.heard

    async def _ask_all(self, asked: Iterator[bytes]) -> None:
        for request in asked:
            answer = await self._exchange(request)
            for status in STATUS.findall(answer) or [b"none"]:
                self.heard.answers[status.decode()] += 1
                if status.startswith(b"5"):
                    self.heard.wrong(status.decode(), request)
            if self.heard.answers.total() % PROBED_EVERY == 0:
                await self._probe()

    async def _say_all(self, sockets: Iterator[bytes], random: Random) -> None:
        hello = frame(b'40{"token":"' + self.token.encode() + b'","client":"plugin","plugin_id":"fuzz"}')
        for said in sockets:
            answer = await self._exchange(UPGRADE + (hello if random.random() < 0.8 else b"") + said)
            self.heard.answers["socket"] += 1
            if b"HTTP/1.1 5" in answer or INTERNAL_ERROR in _closing(answer):
                self.heard.wrong("a socket broke", said)

    async def _exchange(self, sent: bytes) -> bytes:
        """Send it, and return what comes until nothing more does."""
        answer = bytearray()
        with suppress(ConnectionError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                async with asyncio.timeout(LONGEST_S):
                    writer.write(sent)
                    with suppress(TimeoutError):
                        while part := await asyncio.wait_for(reader.read(65536), QUIET_S if answer else FIRST_S):
                            answer += part
            except TimeoutError:
                self.heard.wrong("it never ended", sent)
            finally:
                writer.transport.abort()
        return bytes(answer)

    async def _probe(self) -> None:
        """Ask as a neighbour does, who must be answered."""
        lines = ("GET /api/jobs HTTP/1.1", "Host: api", f"Authorization: Bearer {self.token}", "Connection: close")
        request = "\r\n".join([*lines, "", ""])
        answer = b""
        with suppress(TimeoutError):
            async with asyncio.timeout(PROBE_S):
                answer = await self._exchange(request.encode())
        if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 401")):
            self.heard.wrong(f"a neighbour was answered {answer[:SHOWN]!r}", request.encode())


def _closing(answer: bytes) -> bytes:
    """Return the code of the last frame where that closes, b"" where there is none."""
    _, _, stream = answer.partition(b"\r\n\r\n")
    code = b""
    while len(stream) > 1:
        size, begin = stream[1] & 0x7F, 2
        if size > 125:
            width = 2 if size == 126 else 8
            size, begin = int.from_bytes(stream[2 : 2 + width], "big"), 2 + width
        code = stream[begin : begin + 2] if stream[0] & 0x0F == 0x08 else b""
        stream = stream[begin + size :]
    return code
