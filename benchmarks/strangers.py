"""`python -m benchmarks.strangers KIND PORT`: clients that ask too much, with harmless input, until SIGTERM.

They come from an address of their own, 127.0.0.2, as another machine would, and say at the end how much they asked for.
"""

import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

OTHER_MACHINE: Final = "127.0.0.2"
BODY_BYTES: Final = 255 * 1024
HELLO_BYTES: Final = 250 * 1024
GOODBYE: Final = b"\x88"  # of a frame
PIPELINED: Final = 50
AGAIN_S: Final = 0.05
DRIP_S: Final = 1.0
KEY: Final = base64.b64encode(bytes(16)).decode()
UPGRADE: Final = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: api\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
).encode()


@dataclass(slots=True)
class Target:
    """`asked` counts connections that were opened, and requests that were answered on one."""

    port: int
    token: str
    asked: int = 0

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.asked += 1
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(OTHER_MACHINE, 0))

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        head = f"{method} {path} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer {self.token}\r\n"
        kind = "Content-Type: application/json\r\n" if body else ""
        return f"{head}{kind}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def say_large_hellos(target: Target) -> None:
    """Open a socket, say who one is in far more words than a token has, and come back."""
    await _say(target, frame(b"40" + json.dumps({"token": "x" * HELLO_BYTES, "client": "frontend"}).encode()))


async def say_what_is_no_frame(target: Target) -> None:
    """Open a socket, say what is no frame, and come back."""
    await _say(target, bytes([0x83, 0x00]))


async def _say(target: Target, first: bytes) -> None:
    """Open a socket again and again, say that, and leave when the server says goodbye."""
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await target.connect()
            writer.write(UPGRADE)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(first)
            while (come := await reader.read(65536)) and GOODBYE not in come:
                pass
            writer.close()
        await asyncio.sleep(0)


async def send_refused_bodies(target: Target) -> None:
    """Send bodies that are no jobs, as long as a body may be."""
    numbers = b",".join([b"1"] * (BODY_BYTES // 2))
    await ask_on_and_on(target, target.request("POST", "/api/vinted/jobs", b'{"no":[' + numbers + b"]}"))


async def refresh_accounts(target: Target) -> None:
    """Have a marketplace asked that does not answer."""
    await ask_on_and_on(target, target.request("POST", "/api/ebay/connection/refresh"))


async def read_plainly(target: Target) -> None:
    """Ask for what anybody may ask for, again and again."""
    await ask_on_and_on(target, target.request("GET", "/api/products?limit=50"))


async def ask_on_and_on(target: Target, request: bytes) -> None:
    while True:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            reader, writer = await target.connect()
            while True:
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(_length(head))
                target.asked += 1
        await asyncio.sleep(AGAIN_S)


async def never_read(target: Target) -> None:
    """Ask for much, and read none of it."""
    while True:
        with suppress(OSError):
            _, writer = await target.connect()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            with suppress(OSError):
                writer.write(target.request("GET", "/api/products?limit=200") * PIPELINED)
            await writer.wait_closed()  # which nobody here sees before the api resets it
        await asyncio.sleep(AGAIN_S)


async def keep_silent(target: Target) -> None:
    """Open a socket and say nothing."""
    await _hold(target, UPGRADE)


async def drip_headers(target: Target) -> None:
    """Begin a request and never end it."""
    await _hold(target, b"GET / HTTP/1.1\r\n", b"X: y\r\n")


async def drip_bodies(target: Target) -> None:
    """Begin a body and never end it."""
    begun = target.request("POST", "/api/vinted/jobs", b" " * 1000)
    await _hold(target, begun[:-900], b" ")


async def _hold(target: Target, first: bytes, then: bytes = b"") -> None:
    while True:
        with suppress(OSError):
            reader, writer = await target.connect()
            writer.write(first)
            reading = asyncio.ensure_future(reader.read(-1))
            while not reading.done():
                await asyncio.wait({reading}, timeout=DRIP_S)
                writer.write(then)
            writer.close()
        await asyncio.sleep(AGAIN_S)


def frame(text: bytes) -> bytes:
    """Return a masked text frame; the mask is of zeros."""
    return bytes([0x81, 0xFF]) + len(text).to_bytes(8, "big") + bytes(4) + text


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)


Act = Callable[[Target], Awaitable[None]]
KINDS: Final[Mapping[str, tuple[int, Act]]] = {
    "large hellos": (6, say_large_hellos),
    "broken frames": (6, say_what_is_no_frame),
    "refused bodies": (4, send_refused_bodies),
    "slow marketplace": (40, refresh_accounts),
    "readers who never read": (30, never_read),
    "silent sockets": (560, keep_silent),
    "half-open connections": (4100, drip_headers),
    "dripped bodies": (200, drip_bodies),
    "plain reads": (120, read_plainly),
}
"""By name: how many at once, and what each does."""


async def _all(kind: str, target: Target) -> None:
    count, act = KINDS[kind]
    asking = asyncio.gather(*(act(target) for _ in range(count)))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asking.cancel)
    with suppress(asyncio.CancelledError):
        await asking
    print(target.asked)


if __name__ == "__main__":
    asyncio.run(_all(sys.argv[1], Target(int(sys.argv[2]), os.environ["STRANGERS_TOKEN"])))
