"""A rate with a burst."""

import math
from collections.abc import Callable


class Bucket:
    """So much a second, and so much at once; `clock` counts seconds. No one waits longer than `longest_s`."""

    def __init__(self, *, per_s: float, burst: float, clock: Callable[[], float], longest_s: float = math.inf) -> None:
        self._per_s = per_s
        self._least = -longest_s * per_s
        self._burst = burst
        self._clock = clock
        self._level = float(burst)
        self._filled_at = clock()

    def take(self, amount: float = 1) -> float:
        """Take so much and return how many seconds to wait before using it: 0 within the rate."""
        now = self._clock()
        filled = min(self._burst, self._level + (now - self._filled_at) * self._per_s)
        self._level = max(filled - amount, self._least)
        self._filled_at = now
        return max(0.0, -self._level / self._per_s)
