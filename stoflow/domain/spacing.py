"""Batches that begin a little apart: what comes alone never waits, what comes in a flood goes together."""

import time

APART_S = 0.01


class Spacing:
    """For the one thread that begins the batches."""

    def __init__(self, apart_s: float = APART_S) -> None:
        self._apart_s = apart_s
        self._next_s = 0.0

    def wait(self) -> None:
        """Return when the next batch may begin: at once, or a moment after the last one began."""
        now_s = time.monotonic()
        if now_s < self._next_s:
            time.sleep(self._next_s - now_s)
        self._next_s = max(now_s, self._next_s) + self._apart_s
