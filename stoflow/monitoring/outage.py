"""An outage as one process meets it: its begin and its end are told, and nothing in between."""

import threading
import time
from collections.abc import Callable

from stoflow.monitoring.logs import Fact
from stoflow.monitoring.record import record


class Outage:
    """Of one thing that others depend on. It begins with the failure that is the `streak`-th in a row."""

    def __init__(self, *, streak: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._streak = streak
        self._clock = clock
        self._failures = 0
        self._since_s = 0.0
        self._lock = threading.Lock()

    def failed(self, began: Callable[[], Fact]) -> None:
        """Note that it did not answer."""
        with self._lock:
            if not self._failures:
                self._since_s = self._clock()
            self._failures += 1
            begins = self._failures == self._streak
        if begins:
            record(began())

    def answered(self, ended: Callable[[float], Fact]) -> None:
        """Note that it answered; `ended` is given how long it had not, in seconds."""
        if not self._failures:  # as nearly always: no lock for that
            return
        with self._lock:
            ends = self._failures >= self._streak
            self._failures = 0
            lasted_s = self._clock() - self._since_s
        if ends:
            record(ended(lasted_s))
