"""Where the doors cross into threads: every blocking use case is run from here and nowhere else."""

import math
from collections.abc import Callable
from typing import Final, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, fail_after, to_thread

from stoflow.http.problems import Busy

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

THREADS: Final = 32
PATIENCE_S: Final = 2.0


class Threads:
    """A bounded number of threads. Who waits longer than `patience_s` for a free one is turned away with Busy."""

    def __init__(self, count: int = THREADS, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._seats = CapacityLimiter(count)
        self._unlimited = CapacityLimiter(math.inf)  # the seats decide, with a patience anyio's own limiter lacks

    async def run(self, use_case: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments) -> Result:
        """Return what the use case returns.

        When the caller is cancelled the thread is still waited for: a transaction ends before its request does,
        and the use cases' own time-outs bound the wait.
        """
        ticket = object()
        try:
            with fail_after(self._patience_s):
                await self._seats.acquire_on_behalf_of(ticket)
        except TimeoutError:
            raise Busy("Every thread is taken.") from None
        try:
            return await to_thread.run_sync(use_case, *arguments, limiter=self._unlimited)
        finally:
            self._seats.release_on_behalf_of(ticket)
