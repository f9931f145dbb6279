"""What is said again and again: the first line is written, the others are counted and told in one line."""

import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

WINDOW_S: Final = 10.0
LINES_KEPT: Final = 1000


@dataclass(slots=True)
class _Said:
    """A line that was written, until when others like it are only counted, and the last of those."""

    until_s: float
    last: logging.LogRecord
    more: int = 0


class Folding:
    """Of one handler, under whose lock it is called; `tell` writes a line, given how often it was said again."""

    def __init__(
        self, tell: Callable[[logging.LogRecord, int], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._clock = clock
        self._said: dict[Hashable, _Said] = {}  # the oldest first

    def admits(self, record: logging.LogRecord, what: Hashable) -> bool:
        """Say whether the line is to be written now; `what` is what makes two lines the same."""
        self.close_due()
        if (said := self._said.get(what)) is not None:
            said.last, said.more = record, said.more + 1
            return False
        if len(self._said) >= LINES_KEPT:
            self._close(next(iter(self._said)))
        self._said[what] = _Said(self._clock() + WINDOW_S, record)
        return True

    def due_in_s(self) -> float | None:
        """Return after how many seconds something is to be told, None where nothing was said again."""
        ends = [said.until_s for said in self._said.values() if said.more]
        return max(0.0, min(ends) - self._clock()) if ends else None

    def close_due(self) -> None:
        """Tell how often each line was said again whose time is over."""
        now_s = self._clock()
        while self._said and next(iter(self._said.values())).until_s <= now_s:
            self._close(next(iter(self._said)))

    def close(self) -> None:
        """Tell all of it."""
        while self._said:
            self._close(next(iter(self._said)))

    def forget(self) -> None:
        """Leave what was said before a fork to the process that said it."""
        self._said.clear()

    def _close(self, what: Hashable) -> None:
        said = self._said.pop(what)
        if said.more:
            self._tell(said.last, said.more)
