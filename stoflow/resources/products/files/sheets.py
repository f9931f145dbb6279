"""The rows of a workbook: of its first sheet that holds products."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from stoflow.domain.errors import InputError
from stoflow.resources.products.fields.headings import headings_of
from stoflow.resources.products.fields.words import column_words
from stoflow.resources.products.files.header import (
    SEARCHED_ROWS,
    header_position,
    is_remark,
    known_columns,
    needed_columns,
    unique_names,
)
from stoflow.resources.products.files.row import RejectedRow, Row

PRODUCT_COLUMNS = 2  # known names that make a sheet one of products
MAX_COLUMNS = 2_000
SIGNIFICANT_DIGITS = 15  # of a number, as spreadsheets show it

Cells = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that can be seen; `rows` reads it anew, each row with its own number, "" where a cell is empty."""

    name: str
    rows: Callable[[], Iterator[tuple[int, Cells]]]


OpenWorkbook = Callable[[Path], AbstractContextManager[Sequence[Sheet]]]


@dataclass(frozen=True, slots=True)
class _Table:
    sheet: Sheet
    line: int
    header: tuple[str, ...]

    @property
    def has_rows(self) -> bool:
        return any(isinstance(row, Row) for row in _rows(self))


def sheet_names(path: Path, workbook: OpenWorkbook) -> tuple[str, ...]:
    with workbook(path) as sheets:
        return unique_names(_tables(path, sheets)[0].header)


def sheet_rows(path: Path, workbook: OpenWorkbook) -> Iterator[Row | RejectedRow]:
    """Yield the rows of the first sheet that holds products, and name the others that do."""
    with workbook(path) as sheets:
        chosen, *others = _tables(path, sheets)
        yield from _rows(chosen)
    for other in others:
        reason = f'The sheet "{other.sheet.name}" holds products too, and only "{chosen.sheet.name}" is read: '
        yield RejectedRow(other.line, f"{reason}save it as a file of its own.")


def shown(value: Any) -> Any:
    """Return a number with the digits that a spreadsheet shows, a date as ISO 8601 has it, anything else as it is."""
    match value:
        case bool() | int() | str():
            return value
        case float():
            exact = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
            return int(exact) if exact.is_integer() else exact
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case None:
            return ""
        case _:
            return str(value)


def percent(value: float) -> str:
    return f"{(Decimal(str(value)) * 100).normalize():f}%"


def bounded(cells: Cells, path: Path, line: int) -> Cells:
    """Return the cells of a row; InputError where one stands so far right that the sheet is no list of products."""
    if len(cells) > MAX_COLUMNS and any(cell != "" for cell in cells[MAX_COLUMNS:]):
        raise InputError(f"Row {line} of {path} has more than {MAX_COLUMNS:,} columns: it is no list of products.")
    return cells[:MAX_COLUMNS]


def _rows(table: _Table) -> Iterator[Row | RejectedRow]:
    names = unique_names(table.header)
    for line, cells in table.sheet.rows():
        texts = [str(cell) for cell in cells]
        width = needed_columns(texts)
        if line <= table.line or not width or is_remark(texts):
            continue
        if width > len(names):
            yield RejectedRow(line, f"The row has {width} values where the header names {len(names)} columns.")
        else:
            yield Row(line, dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=False)))


def _tables(path: Path, sheets: Sequence[Sheet]) -> Sequence[_Table]:
    """Return the table to read and, behind it, the others that hold products."""
    tables = [table for sheet in sheets if (table := _table(sheet)) is not None]
    if not tables:
        raise InputError(f"The workbook {path} has no rows in a sheet that can be seen.")
    for holds_products in (_has_title_and_price, _has_product_columns):
        found = [table for table in tables if table.has_rows and holds_products(table.header)]
        if found:
            return found
    return next(([table] for table in tables if _has_product_columns(table.header)), tables[:1])


def _has_title_and_price(header: Sequence[str]) -> bool:
    words = {heading.words for heading in headings_of(header)}
    return all(words & set(column_words()[field]) for field in ("title", "price"))


def _has_product_columns(header: Sequence[str]) -> bool:
    return known_columns(header) >= PRODUCT_COLUMNS


def _table(sheet: Sheet) -> _Table | None:
    """Return where the sheet's table begins, None where there is none."""
    texts = ((line, [str(cell) for cell in cells]) for line, cells in sheet.rows())
    first = list(islice(((line, cells) for line, cells in texts if needed_columns(cells)), SEARCHED_ROWS))
    if not first:
        return None
    line, header = first[header_position([cells for _, cells in first])]
    return _Table(sheet, line, tuple(header[: needed_columns(header)]))
