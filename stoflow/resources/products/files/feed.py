"""The lines of a file that a reader can be made to give back, at a cost that follows the file's length."""

from collections import deque
from collections.abc import Iterator

MAX_RECORD_LINES = 1_000  # a quote open for longer was never meant to be one
MAX_RECORD_CHARACTERS = 1_000_000
FEW_RECORD_LINES = 10
AGAIN_AT_MOST = 4  # times the characters of the file; beyond that a record is looked for in few lines only
AGAIN_FREE_CHARACTERS = 1_000_000


class OpenQuote(Exception):
    """A quote was opened and not closed within a sensible distance."""


class Feed:
    """Physical lines that the csv module can be made to give back: one stray quote would swallow the whole file."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.line = 1
        self._characters = 0
        self._fresh = 0
        self.again = 0  # characters handed out more than once

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._is_too_long():
            raise OpenQuote
        line = self._next_line()
        if line is None:
            if self.taken:
                raise OpenQuote
            raise StopIteration
        self.taken.append(line)
        self._characters += len(line)
        return line

    def take(self, lines: int) -> None:
        """Take lines that were given back."""
        for _ in range(lines):
            self.taken.append(self._returned.popleft())

    def keep(self) -> None:
        """Go on behind the lines taken."""
        self._forget(len(self.taken))

    def give_back(self, *, but: int) -> None:
        """Go on behind the first `but` of the lines taken."""
        self._returned.extendleft(reversed(self.taken[but:]))
        self._forget(but)

    def _forget(self, lines: int) -> None:
        self.line += lines
        self.taken.clear()
        self._characters = 0

    def _next_line(self) -> str | None:
        if self._returned:
            line = self._returned.popleft()
            self.again += len(line)
            return line
        line = next(self._source, None)
        self._fresh += len(line or "")
        return line

    def _is_too_long(self) -> bool:
        patient = self.again <= AGAIN_AT_MOST * self._fresh + AGAIN_FREE_CHARACTERS
        lines = MAX_RECORD_LINES if patient else FEW_RECORD_LINES
        return len(self.taken) >= lines or self._characters > MAX_RECORD_CHARACTERS
