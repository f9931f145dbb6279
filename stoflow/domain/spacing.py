"""Batches at an even rate: a few that come alone never wait, what comes in a flood goes together."""

import time

APART_S = 0.02
AT_ONCE = 4


class Spacing:
    """For the one thread that begins the batches: so many begin at once, after them one each `apart_s`."""

    def __init__(self, apart_s: float = APART_S, *, at_once: int = AT_ONCE) -> None:
        self._apart_s = apart_s
        self._ahead_s = apart_s * (at_once - 1)
        self._next_s = 0.0

    def wait(self) -> None:
        """Return when the next batch may begin."""
        now_s = time.monotonic()
        if now_s + self._ahead_s < self._next_s:
            time.sleep(self._next_s - self._ahead_s - now_s)
        self._next_s = max(now_s, self._next_s) + self._apart_s
