"""Where the doors cross into threads: every blocking use case is run from here and nowhere else."""

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread

from stoflow.http.rest.problems import Busy, TooMany
from stoflow.http.rest.rate_limits import Asker

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

THREADS: Final = 32
HEAVY_THREADS: Final = 4
PATIENCE_S: Final = 2.0
HEAVY_PATIENCE_S: Final = 10.0
HEAVY_SHARE: Final = 2


class Threads:
    """A bounded number of threads. Who waits longer than `patience_s` for a free one is turned away with Busy."""

    def __init__(
        self, count: int = THREADS, *, patience_s: float = PATIENCE_S, busy: Callable[[], Busy] = Busy
    ) -> None:
        self._patience_s = patience_s
        self._busy = busy
        self._seats = asyncio.Semaphore(count)
        self._unlimited = CapacityLimiter(math.inf)  # the seats decide, with a patience anyio's own limiter lacks

    async def run(self, use_case: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments) -> Result:
        """Return what the use case returns.

        When the caller is cancelled the thread is still waited for: a transaction ends before its request does,
        and the use cases' own time-outs bound the wait.
        """
        await self._take_seat()
        work = asyncio.ensure_future(to_thread.run_sync(use_case, *arguments, limiter=self._unlimited))
        work.add_done_callback(lambda _: self._seats.release())
        try:
            return await asyncio.shield(work)  # anyio's own shield does not hold against asyncio's cancel()
        except asyncio.CancelledError:
            await asyncio.wait({work})
            raise

    async def _take_seat(self) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._seats.acquire()
        except TimeoutError:
            raise self._busy() from None


class Shares:
    """So many requests of one asker at once; asked in the event loop only."""

    def __init__(self, most: int = HEAVY_SHARE) -> None:
        self._most = most
        self._taken = Counter[Asker]()

    @contextmanager
    def taken(self, asker: Asker) -> Generator[None]:
        """Take one for a block; raise TooMany."""
        if self._taken[asker] >= self._most:
            raise TooMany(f"{self._most} such requests of yours are under way: wait for one of them to end.")
        self._taken[asker] += 1
        try:
            yield
        finally:
            self._taken[asker] -= 1
            if not self._taken[asker]:
                del self._taken[asker]
