"""What the threads of a process are at: which job each of them runs, and since when."""

import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any


class Doing:
    """Noted by who runs jobs, read by who shows the process; `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._by_thread: dict[int, dict[str, Any]] = {}

    @contextmanager
    def at(self, tenant: int, job: int, marketplace: str, action: str) -> Generator[None]:
        """Note for a block that this thread runs a job, which within another one's block is what it is at meanwhile."""
        own = threading.get_ident()
        before = self._by_thread.get(own)
        self._by_thread[own] = {
            "tenant": tenant,
            "job": job,
            "marketplace": marketplace,
            "action": action,
            "since": self._clock(),
        }
        try:
            yield
        finally:
            if before is None:
                del self._by_thread[own]
            else:
                self._by_thread[own] = before

    def now(self) -> Sequence[Mapping[str, Any]]:
        """Return what is run now, what began first at first."""
        return sorted(self._by_thread.copy().values(), key=lambda each: each["since"])
