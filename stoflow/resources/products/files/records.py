"""The records of a table with delimiters: read strictly, then with the backslash's help, then as spreadsheets do."""

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from stoflow.resources.products.files.escapes import ESCAPED_QUOTE, Reading, is_well_formed, readings
from stoflow.resources.products.files.feed import Feed, OpenQuote
from stoflow.resources.products.files.header import is_remark

MAX_CELL_CHARACTERS = csv.field_size_limit()
UNREADABLE = (
    f"A quote is opened in this line and never closed, or a value is over {MAX_CELL_CHARACTERS:,} characters long."
)
AMBIGUOUS = 'A backslash before a quote can be read in two ways here: write "" for a quote within a value.'

Cells = list[str]


@dataclass(frozen=True, slots=True)
class Width:
    """How many cells a row must have, and how many the header names."""

    least: int
    most: int

    def fits(self, cells: Cells) -> bool:
        count = len(cells)
        return self.least <= count <= self.most or (count > self.most and not any(cells[self.most :]))


class Records:
    """The records of one file, one after the other."""

    def __init__(self, lines: Iterator[str], delimiter: str) -> None:
        self._feed = Feed(lines)
        self._delimiter = delimiter
        self._reader = self._fresh_reader()

    def header(self, line: int) -> Cells:
        """Return the cells of the record in this line; none where it opens a quote that is never closed."""
        for _ in islice(self._feed, line - 1):
            self._feed.keep()
        cells = self._strictly() or self._as_spreadsheets_do() or []
        self._feed.keep()
        return cells

    def rows(self, width: Width) -> Iterator[tuple[int, Cells | str]]:
        """Yield (line, cells) of every row that fits the header, and (line, reason) of every other."""
        while True:
            line = self._feed.line
            found = self._read(width)
            if found is None:
                return
            if isinstance(found, str):
                yield line, found
                # a stray quote may have joined this row to good ones
                self._feed.give_back(but=1 if found is not AMBIGUOUS else len(self._feed.taken))
            else:
                self._feed.keep()
                if found:
                    yield line, found

    def _read(self, width: Width) -> Cells | str | None:
        """Return the next row's cells, none where there is nothing to read, why it cannot be read; None at the end."""
        cells = self._strictly()
        if cells is None and not self._feed.taken:
            return None
        if cells is not None and (not any(map(str.strip, cells)) or is_remark(cells)):
            return []
        fits = cells is not None and width.fits(cells)
        if any(ESCAPED_QUOTE in line for line in self._feed.taken):
            found = self._with_backslashes(cells if fits else None, width)
            if found:
                return found
        if cells is None:
            cells = self._as_spreadsheets_do()
        if cells is None:
            return UNREADABLE
        return cells if width.fits(cells) else _misfit(cells, width)

    def _fresh_reader(self) -> "Iterator[Cells]":
        return csv.reader(self._feed, delimiter=self._delimiter, strict=True)

    def _strictly(self) -> Cells | None:
        """Return the cells as RFC 4180 has them; None where they break it, and at the end, with no line taken."""
        try:
            return next(self._reader, None)
        except (OpenQuote, csv.Error):
            self._reader = self._fresh_reader()
            return None

    def _as_spreadsheets_do(self) -> Cells | None:
        """Read a single line such as `"Levi"s,5`; within several lines that is a stray quote."""
        taken = self._feed.taken
        with suppress(OpenQuote, csv.Error):
            if len(taken) == 1:
                return next(csv.reader(_alone(taken[0]), delimiter=self._delimiter))
        return None

    def _with_backslashes(self, strict: Cells | None, width: Width) -> Cells | str | None:
        """Return the cells if all ways to read them agree, None where a backslash means nothing but itself."""
        taken = tuple(self._feed.taken)
        found = [] if strict is None else [(strict, len(taken))]
        for reading in readings(self._delimiter):
            if strict is None:
                self._feed.give_back(but=0)
            read = self._read_by(reading, self._feed if strict is None else iter(taken))
            if read and width.fits(read[0]) and read not in found and (strict is None or read[1] == len(taken)):
                found.append(read)
        if strict is None:
            self._feed.give_back(but=0)
            self._feed.take(min((lines for _, lines in found), default=1))
        if len(found) > 1:
            return AMBIGUOUS
        return found[0][0] if found else None

    def _read_by(self, reading: Reading, source: Iterator[str]) -> tuple[Cells, int] | None:
        """Return a record's cells and the number of its lines, where the lines so rewritten are without a fault."""
        rewritten: list[str] = []

        def lines() -> Iterator[str]:
            for line in source:
                rewritten.append(reading(line))
                yield rewritten[-1]

        with suppress(OpenQuote, csv.Error):
            cells = next(csv.reader(lines(), delimiter=self._delimiter, strict=True), None)
            if cells and is_well_formed("".join(rewritten), self._delimiter):
                return cells, len(rewritten)
        return None


def _alone(line: str) -> Iterator[str]:
    yield line
    raise OpenQuote  # the reader asks for another line where a quote is still open


def _misfit(cells: Cells, width: Width) -> str:
    return f"The row has {len(cells)} values where the header names {width.most} columns."
