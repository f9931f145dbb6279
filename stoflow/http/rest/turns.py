"""Whose turn it is: how many requests of one account are worked on at a time, and how much of it while others ask."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from stoflow.http.bucket import Bucket
from stoflow.http.rest.problems import TooMany
from stoflow.http.rest.rate_limits import Asker

AT_ONCE: Final = 2  # more of them would make a neighbour's the fourth or fifth of a process's one interpreter
PATIENCE_S: Final = 5.0
BYTES_PER_S: Final = 2 * 1024 * 1024
BYTES_BURST: Final = 8 * 1024 * 1024
WORK_SHARE: Final = 0.25  # of all the time, while somebody else asks for something too
WORK_BURST_S: Final = 2.0
LONGEST_REST_S: Final = 1.0
AMONG_OTHERS_S: Final = 1.0  # so long somebody else is taken to be there
MOST_REMEMBERED: Final = 10_000
NOBODY: Final = Asker("", "")
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
    work: Bucket
    alone: asyncio.Lock


class Turns:
    """Asked in the event loop only. Whoever waits holds no thread.

    Whoever has used up `WORK_BURST_S` goes on one request after another and rests between them, so that all of theirs
    take no more than `WORK_SHARE` of the time; but only while others are there: nobody rests for nobody.
    """

    def __init__(
        self,
        at_once: int = AT_ONCE,
        *,
        patience_s: float = PATIENCE_S,
        bytes_per_s: float = BYTES_PER_S,
        bytes_burst: float = BYTES_BURST,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._at_once, self._patience_s = at_once, patience_s
        self._bytes_per_s, self._bytes_burst = bytes_per_s, bytes_burst
        self._clock, self._rest = clock, rest
        self._places = Remembered(self._place)
        self._newest = self._other = (NOBODY, -math.inf)  # who asked when: the last, and the last one besides

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
            async with self._shared(asker, place):
                yield
        finally:
            place.seats.release()

    @asynccontextmanager
    async def _shared(self, asker: Asker, place: _Place) -> AsyncGenerator[None]:
        """Count how long a block takes, which begins once its asker has rested."""
        is_over = self._is_among_others(asker) and (place.alone.locked() or place.work.take(0) > 0)
        async with place.alone if is_over else nullcontext():
            if is_over:
                await self._rest(place.work.take(0))
            begun_s = self._clock()
            try:
                yield
            finally:
                place.work.take(self._clock() - begun_s)

    def _is_among_others(self, asker: Asker) -> bool:
        """Return whether somebody else has asked lately, and remember that this one has."""
        now_s = self._clock()
        if asker != self._newest[0]:
            self._other = self._newest
        self._newest = (asker, now_s)
        return now_s - self._other[1] < AMONG_OTHERS_S

    async def _wait(self, place: _Place, wait_s: float) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await asyncio.sleep(wait_s)
                await place.seats.acquire()
        except TimeoutError:
            message = f"{self._at_once} requests of yours are worked on and more wait: send fewer at once."
            raise TooMany(message) from None

    def _place(self) -> _Place:
        patience_s, clock = self._patience_s, self._clock
        read = Bucket(per_s=self._bytes_per_s, burst=self._bytes_burst, clock=clock, longest_s=patience_s)
        work = Bucket(per_s=WORK_SHARE, burst=WORK_BURST_S, clock=clock, longest_s=LONGEST_REST_S)
        return _Place(asyncio.Semaphore(self._at_once), read, work, asyncio.Lock())
