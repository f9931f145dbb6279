"""The rows of a CSV or NDJSON file, each with the number of the line it begins on."""

import ast
import csv
import json
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from stoflow.catalogue.lines import lines, sample
from stoflow.domain.errors import InputError

DELIMITERS = (",", ";", "\t", "|")
JSON_ENDINGS = frozenset({".ndjson", ".jsonl", ".json"})
FIRST_OBJECTS = 1_000
MAX_RECORD_LINES = 1_000  # a quote open for longer was never meant to be one
MAX_RECORD_CHARACTERS = 100_000  # below the csv module's own limit of 131,072 for one field
UNREADABLE = "A quote is opened in this line and never closed, or a value is over 100,000 characters long."


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its values by column name as the file writes it; nested JSON objects are flattened to `a.b`."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is left out, with the reason and, where there is one, the product field it concerns.

    `column` is the file's own name of the column that held `value`, as it was written.
    """

    line: int
    reason: str
    field: str = ""
    column: str = ""
    value: str = ""

    @property
    def sentence(self) -> str:
        return f"line {self.line}: {f'{self.field}: ' if self.field else ''}{self.reason}"


class _OpenQuote(Exception):
    """A quote was opened and not closed within a sensible distance."""


class _Feed:
    """Physical lines that the csv module can be made to give back: one stray quote would swallow the whole file."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.line = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        characters = sum(map(len, self.taken))
        if len(self.taken) >= MAX_RECORD_LINES or characters > MAX_RECORD_CHARACTERS:
            raise _OpenQuote
        line = self._returned.popleft() if self._returned else next(self._source, None)
        if line is None:
            if self.taken:
                raise _OpenQuote
            raise StopIteration
        self.taken.append(line)
        return line

    def keep(self) -> None:
        self.line += len(self.taken)
        self.taken.clear()

    def give_back_all_but_first(self) -> None:
        self._returned.extendleft(reversed(self.taken[1:]))
        self.line += 1
        self.taken.clear()


def read_rows(path: Path) -> Iterator[Row | RejectedRow]:
    """Yield each row of the file, or why it cannot be read; InputError where the file as a whole is not readable."""
    head = sample(path)
    if not head.strip():
        raise InputError(f"The file {path} is empty.")
    if _is_json(path, head):
        return _json_rows(path)
    return _csv_rows(path, _delimiter(head))


def column_names(path: Path) -> tuple[str, ...]:
    """Return the names of the columns: those of the header, or of the first objects that can be read."""
    head = sample(path)
    if not _is_json(path, head):
        return tuple(name.strip() for name in next(_records(_Feed(lines(path)), _delimiter(head)), (1, []))[1])
    objects = (row.values for row in islice(_json_rows(path), FIRST_OBJECTS) if isinstance(row, Row))
    return tuple(dict.fromkeys(name for values in objects for name in values))


def _is_json(path: Path, head: str) -> bool:
    return path.suffix.lower() in JSON_ENDINGS or head.lstrip().startswith("{")


def _delimiter(head: str) -> str:
    first, _, rest = head.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=") + 1:  # a spreadsheet's own hint
        return first.strip()[-1]
    header = first if first.strip() else rest.partition("\n")[0]
    return max(DELIMITERS, key=header.count)


def _records(feed: _Feed, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells); an empty list of cells stands for a quote that is never closed, or closed by another row."""
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        line = feed.line
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_OpenQuote, csv.Error):
            cells = _tolerated(feed.taken, delimiter)
            if not cells:
                yield line, []
                feed.give_back_all_but_first()
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
        if any(cell.strip() for cell in cells) and not (line == 1 and cells[0].lower().startswith("sep=")):
            yield line, cells
        if feed.taken:  # the consumer may have given lines back already
            feed.keep()


def _tolerated(taken: list[str], delimiter: str) -> list[str]:
    """Read a single line such as `"Levi"s,5` as spreadsheets do; within several lines that is a stray quote."""
    try:
        return next(csv.reader(_Feed(iter(taken)), delimiter=delimiter)) if len(taken) == 1 else []
    except (_OpenQuote, csv.Error):
        return []


def _csv_rows(path: Path, delimiter: str) -> Iterator[Row | RejectedRow]:
    feed = _Feed(lines(path))
    records = _records(feed, delimiter)
    header = [name.strip() for name in next(records)[1]]
    if not header:
        raise InputError(f"The first line of {path} opens a quote that is never closed.")
    for line, cells in records:
        if not cells:
            yield RejectedRow(line, UNREADABLE)
        elif len(cells) == len(header) or (len(cells) > len(header) and not any(cells[len(header) :])):
            yield Row(line, dict(zip(header, cells, strict=False)))
        else:
            yield RejectedRow(line, f"The row has {len(cells)} values where the header names {len(header)} columns.")
            feed.give_back_all_but_first()  # a stray quote may have joined this row to good ones


def _json_rows(path: Path) -> Iterator[Row | RejectedRow]:
    for line, text in enumerate(lines(path), start=1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            if line == 1 and text.lstrip().startswith("["):
                raise InputError(f"The file {path} is one JSON array: write one object per line instead.") from None
            yield RejectedRow(line, "The line is not a JSON object.")
            continue
        if isinstance(value, dict):
            yield Row(line, dict(_flattened(cast("dict[str, Any]", value))))
        else:
            yield RejectedRow(line, "The line is not a JSON object.")


def _flattened(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _flattened(cast("dict[str, Any]", inner), f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def literal(text: str) -> Any:
    """Return what a Python or JSON literal in a cell stands for, or the text itself."""
    if not text.startswith(("[", "{", "(")):
        return text
    for parse in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return parse(text)
    return text
