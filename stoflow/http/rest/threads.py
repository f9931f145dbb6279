"""Where the doors cross into threads: every blocking use case is run from here and nowhere else."""

import asyncio
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

from stoflow.http.rest.problems import Busy, TooMany
from stoflow.http.rest.rate_limits import Asker

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

THREADS: Final = 32
HEAVY_THREADS: Final = 4
PATIENCE_S: Final = 2.0
HEAVY_PATIENCE_S: Final = 10.0
HEAVY_SHARE: Final = 2


class _Awaited(asyncio.Future[Result]):
    """What a thread will bring: who is cancelled waits for it first, and is cancelled then."""

    def cancel(self, msg: Any = None) -> bool:  # noqa: ARG002 - asyncio's own signature
        return False


class Threads:
    """A bounded number of threads. Who waits longer than `patience_s` for a free one is turned away with Busy.

    A crossing costs the event loop one turn there and one back: each turn is one more wait for the interpreter.
    """

    def __init__(
        self, count: int = THREADS, *, patience_s: float = PATIENCE_S, busy: Callable[[], Busy] = Busy
    ) -> None:
        self._patience_s = patience_s
        self._busy = busy
        self._seats = asyncio.Semaphore(count)
        self._pool = ThreadPoolExecutor(count, "use-case")

    async def run(self, use_case: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments) -> Result:
        """Return what the use case returns.

        When the caller is cancelled the thread is still waited for: a transaction ends before its request does,
        and the use cases' own time-outs bound the wait.
        """
        await self._take_seat()
        loop = asyncio.get_running_loop()
        brought = _Awaited[Result](loop=loop)

        def work() -> None:
            try:
                result = use_case(*arguments)
            except StopIteration as error:  # no future takes it
                stopped = RuntimeError("The use case raised StopIteration.")
                stopped.__cause__ = error
                loop.call_soon_threadsafe(brought.set_exception, stopped)
            except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
                loop.call_soon_threadsafe(brought.set_exception, error)
            else:
                loop.call_soon_threadsafe(brought.set_result, result)

        try:
            self._pool.submit(copy_context().run, work)
            return await brought
        finally:
            self._seats.release()

    async def _take_seat(self) -> None:
        if not self._seats.locked():  # then nothing is waited for, and no time-out is needed
            await self._seats.acquire()
            return
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
