"""Excel workbooks: the sheets a seller sees, and their cells as they are shown."""

import re
import warnings
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook

from stoflow.domain.errors import InputError
from stoflow.resources.products.fields.currencies import currencies_of
from stoflow.resources.products.fields.numbers import Amount
from stoflow.resources.products.files.lines import opened
from stoflow.resources.products.files.sheets import Cells, Sheet, bounded, percent, shown
from stoflow.resources.products.files.strict import usual_class

MAX_SHEET_BYTES = 512 * 1024**2  # unpacked, and streamed
MAX_PART_BYTES = 64 * 1024**2  # unpacked, and held: the shared texts, the styles
MAX_PARTS = 10_000
HELD_COPY_BYTES = 8 * 1024**2  # of a workbook of the strict class, packed; more of it goes to disk
BATCH_ROWS = 200
MAX_ROWS = 1_048_576  # Excel's own
DAMAGED = (
    *(BadZipFile, zlib.error, ParseError, EOFError, OSError, RuntimeError, NotImplementedError),
    *(KeyError, IndexError, ValueError, TypeError, AttributeError),
)
"""What reading a workbook ends with that no spreadsheet program wrote, or that was cut off."""
BESIDE = re.compile(
    r"\[\$([^\]-]+)[^\]]*\]|\"([^\"]+)\"|([$€£¥₺₹₴]|zł|Kč|Ft|lei|\bkr\b|"
    r"\b(?:EUR|USD|GBP|CHF|PLN|SEK|DKK|NOK|CZK|HUF|RON|CAD|AUD)\b)"
)
"""What a number's format writes beside it: a currency of the format's own, a text, or a bare sign."""
LEADING_ZEROS = re.compile("0{2,}")
ESCAPED_CHARACTER = re.compile("_x([0-9A-Fa-f]{4})_")  # ECMA-376: characters that XML cannot hold, and line ends


@contextmanager
def xlsx_workbook(path: Path) -> Generator[Sequence[Sheet]]:
    with opened(path) as file, SpooledTemporaryFile(HELD_COPY_BYTES) as copy:
        with _refused_where_damaged(path), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which are of no concern here
            _check_sizes(path)
            book = load_workbook(usual_class(file, copy), read_only=True, data_only=True, keep_links=False)
        seen = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        yield [Sheet(sheet.title, partial(_rows, path, sheet)) for sheet in seen]


def _check_sizes(path: Path) -> None:
    with ZipFile(path) as archive:
        parts = archive.infolist()
    for part in parts:
        limit = MAX_SHEET_BYTES if part.filename.startswith("xl/worksheets/") else MAX_PART_BYTES
        if part.filename.endswith((".xml", ".rels")) and part.file_size > limit:
            raise InputError(f"The workbook {path} unpacks to more than {limit // 1024**2} MiB: save it as CSV.")
    if len(parts) > MAX_PARTS:
        raise InputError(f"The workbook {path} has more than {MAX_PARTS:,} parts: save it as CSV.")


def _rows(path: Path, sheet: Any) -> Iterator[tuple[int, Cells]]:
    sheet.reset_dimensions()  # what a workbook says of its size need not be so
    rows = iter(sheet.iter_rows())
    line = 0
    while batch := _batch(path, rows):
        for cells in batch:
            line += 1
            if line > MAX_ROWS:
                raise InputError(f"The workbook {path} has more than {MAX_ROWS:,} rows: save it as CSV.")
            yield line, bounded(cells, path, line)


def _batch(path: Path, rows: Iterator[Any]) -> list[Cells]:
    with _refused_where_damaged(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [[_cell(cell) for cell in row] for row in islice(rows, BATCH_ROWS)]


@contextmanager
def _refused_where_damaged(path: Path) -> Generator[None]:
    try:
        yield
    except InputError:
        raise
    except DAMAGED as error:
        raise InputError(f"The workbook {path} is damaged, or protected: save it anew as .xlsx or as CSV.") from error


def _cell(cell: Any) -> Any:
    value = shown(cell.value)
    match value:
        case bool():
            return value
        case int() | float():
            return _formatted(value, cell.number_format)
        case _:
            return (
                ESCAPED_CHARACTER.sub(lambda match: chr(int(match[1], 16)), value)
                .replace("\r\n", "\n")
                .replace("\r", "\n")
            )


def _formatted(value: float, number_format: str) -> Any:
    """Return the number with what its format shows beside it: a currency, a percent sign, leading zeros."""
    first = number_format.partition(";")[0]  # the others are for negative numbers, zero and text
    if LEADING_ZEROS.fullmatch(first) and value >= 0 and isinstance(value, int):
        return str(value).zfill(len(first))
    if first.endswith("%"):
        return percent(value)
    written = (next(filter(None, match)).strip() for match in BESIDE.findall(first))
    sign = next(filter(currencies_of, written), "")
    return Amount(value, sign) if sign else value
