"""Whose turn it is: so many requests of one account are worked on at a time, and so many bytes of it are read."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from stoflow.http.bucket import Bucket
from stoflow.http.rest.problems import TooMany
from stoflow.http.rest.rate_limits import Asker

AT_ONCE: Final = 2  # more of them would make a neighbour's the fourth or fifth of a process's one interpreter
PATIENCE_S: Final = 5.0
BYTES_PER_S: Final = 2 * 1024 * 1024
BYTES_BURST: Final = 8 * 1024 * 1024
MOST_REMEMBERED: Final = 10_000
Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """A value for each asker, made when first asked for; who was not seen for longest is forgotten first."""

    def __init__(self, make: Callable[[], Value], most: int = MOST_REMEMBERED) -> None:
        self._make, self._most = make, most
        self._known: OrderedDict[Asker, Value] = OrderedDict()

    def of(self, asker: Asker) -> Value:
        if asker not in self._known:
            self._known[asker] = self._make()
        self._known.move_to_end(asker)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return self._known[asker]


@dataclass(frozen=True, slots=True)
class _Place:
    seats: asyncio.Semaphore
    bytes: Bucket


class Turns:
    """Asked in the event loop only. Whoever waits holds no thread."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        *,
        patience_s: float = PATIENCE_S,
        bytes_per_s: float = BYTES_PER_S,
        bytes_burst: float = BYTES_BURST,
    ) -> None:
        self._at_once, self._patience_s = at_once, patience_s
        self._bytes_per_s, self._bytes_burst = bytes_per_s, bytes_burst
        self._places = Remembered(self._place)

    @asynccontextmanager
    async def taken(self, asker: Asker, body_bytes: int) -> AsyncGenerator[None]:
        """Take a turn for a block, once what the body costs is there again; raise TooMany after the patience."""
        place = self._places.of(asker)
        wait_s = place.bytes.take(body_bytes)
        if wait_s or place.seats.locked():
            await self._wait(place, wait_s)
        else:
            await place.seats.acquire()
        try:
            yield
        finally:
            place.seats.release()

    async def _wait(self, place: _Place, wait_s: float) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await asyncio.sleep(wait_s)
                await place.seats.acquire()
        except TimeoutError:
            message = f"{self._at_once} requests of yours are worked on and more wait: send fewer at once."
            raise TooMany(message) from None

    def _place(self) -> _Place:
        bucket = Bucket(
            per_s=self._bytes_per_s,
            burst=self._bytes_burst,
            clock=asyncio.get_running_loop().time,
            longest_s=self._patience_s,
        )
        return _Place(asyncio.Semaphore(self._at_once), bucket)
