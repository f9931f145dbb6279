"""Tables with a delimiter between the cells, in the dialects that spreadsheets and shops write."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

from stoflow.domain.errors import InputError
from stoflow.resources.products.files.header import (
    header_position,
    is_remark,
    known_columns,
    needed_columns,
    unique_names,
)
from stoflow.resources.products.files.lines import lines, sample
from stoflow.resources.products.files.records import Cells, Records, Width
from stoflow.resources.products.files.row import RejectedRow, Row

DELIMITERS = (",", ";", "\t", "|")
SAMPLED_RECORDS = 50
FORMULA_SIGNS = ("=", "+", "-", "@")  # exports put an apostrophe before them
HINT = "sep="  # a spreadsheet's own first line, with the delimiter behind it


@dataclass(frozen=True, slots=True)
class Dialect:
    delimiter: str
    header_line: int


def delimited_names(path: Path) -> tuple[str, ...]:
    return unique_names(_opened(path)[1])


def delimited_rows(path: Path) -> Iterator[Row | RejectedRow]:
    records, header = _opened(path)
    names = unique_names(header)
    for line, cells in records.rows(Width(needed_columns(header), len(names))):
        if isinstance(cells, str):
            yield RejectedRow(line, cells)
        else:
            yield Row(line, dict(zip_longest(names, map(_unguarded, cells[: len(names)]), fillvalue="")))


def _unguarded(cell: str) -> str:
    """Return what a cell says that was kept from a spreadsheet: 0017 of `="0017"`, -10% of `'-10%`."""
    if cell.startswith('="') and cell.endswith('"') and len(cell) > len('="'):
        return cell[2:-1].replace('""', '"')
    if cell.startswith("'") and cell[1:].startswith(FORMULA_SIGNS) and "'" not in cell[1:]:
        return cell[1:]
    return cell


def _opened(path: Path) -> tuple[Records, Cells]:
    dialect = dialect_of(sample(path))
    records = Records(lines(path), dialect.delimiter)
    header = records.header(dialect.header_line)
    if not header:
        raise InputError(f"Line {dialect.header_line} of {path} opens a quote that is never closed.")
    return records, header


def dialect_of(head: str) -> Dialect:
    """Guess the delimiter and the header's line from a file's beginning: those that fit most of its rows."""
    first = head.partition("\n")[0].rstrip("\r").strip('"')
    if first.lower().startswith(HINT) and len(first) == len(HINT) + 1:
        return _scored(head, first[-1])[1]
    return max((_scored(head, delimiter) for delimiter in DELIMITERS), key=lambda scored: scored[0])[1]


def _scored(head: str, delimiter: str) -> tuple[tuple[int, float], Dialect]:
    """Return how well a delimiter fits: the known names in its header, then its width and how many rows share it."""
    sampled = [(line, cells) for line, cells in _sampled(head, delimiter) if any(cell.strip() for cell in cells)]
    sampled = [each for each in sampled if not _is_hint(each[1])] or [(1, [""])]
    position = header_position([cells for _, cells in sampled])
    line, header = sampled[position]
    width = needed_columns(header)
    rows = [len(cells) for _, cells in sampled[position + 1 :]]
    share = sum(width <= count <= len(header) for count in rows) / len(rows) if rows else 1.0
    fit = width * (1 + share) if width > 1 else 0.0
    return (known_columns(header), fit if _is_first(sampled, position) else fit / 2), Dialect(delimiter, line)


def _is_first(sampled: Sequence[tuple[int, Cells]], position: int) -> bool:
    return all(is_remark(cells) for _, cells in sampled[:position])


def _sampled(head: str, delimiter: str) -> Iterator[tuple[int, Cells]]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    line = 1
    with suppress(csv.Error):
        for cells in islice(reader, SAMPLED_RECORDS):
            yield line, cells
            line = reader.line_num + 1


def _is_hint(cells: Sequence[str]) -> bool:
    return cells[0].lower().startswith(HINT) and not any(cells[1:])
