"""OpenDocument spreadsheets, read as a whole: their unpacked size is bounded before that."""

import re
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from stoflow.domain.errors import InputError
from stoflow.resources.products.fields.numbers import Amount
from stoflow.resources.products.files.sheets import Cells, Sheet, bounded, percent, shown

CONTENT = "content.xml"
MAX_CONTENT_BYTES = 64 * 1024**2
MANIFEST = "META-INF/manifest.xml"  # says whether the workbook is encrypted
# What calamine 0.9.1 leaves out of a text, and the indentation between cells at which it ends, as SheetJS writes it.
BREAKS = ((re.compile(rb"<text:line-break\s*/>"), b"&#10;"), (re.compile(rb"<text:tab\b[^<>]*/>"), b"&#9;"))
# A number with all that its cell says of it: calamine gives the bare number, whatever stands beside it.
NUMBER = re.compile(
    rb'<table:table-cell\b(?P<said>[^<>]*\boffice:value="(?P<value>-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"[^<>]*)>'
    rb"(?:<text:p>(?P<shown>0[0-9]+)</text:p>)?"
)
KIND = re.compile(rb'\boffice:value-type="([a-z]+)"')
CURRENCY = re.compile(rb'\boffice:currency="([A-Z]{3})"')
VALUE = re.compile(rb'\boffice:value="[^"<>]*"')
AMOUNT = re.compile("\ue000([A-Z]{3})\ue000(.+)")  # how a price in a currency is handed through calamine, as a text
INDENTATION = re.compile(rb"(?<=>)\s+(?=</?table:)")


@contextmanager
def ods_workbook(path: Path) -> Generator[Sequence[Sheet]]:
    try:
        book = CalamineWorkbook.from_filelike(_plain(path))
        seen = [each.name for each in book.sheets_metadata if each.visible is SheetVisibleEnum.Visible]
        sheets = [book.get_sheet_by_name(name) for name in seen]
    except (BadZipFile, zlib.error, KeyError, OSError, RuntimeError, CalamineError) as error:
        raise InputError(f"The workbook {path} is damaged, protected or too large: save it anew, or as CSV.") from error
    with closing(book):
        yield [Sheet(sheet.name, partial(_rows, path, sheet)) for sheet in sheets]


def _plain(path: Path) -> BytesIO:
    """Return the workbook's tables alone, as calamine reads all of them; refuse what unpacks to too much."""
    with ZipFile(path) as archive, ZipFile(plain := BytesIO(), "w") as copy:
        for name in ("mimetype", MANIFEST):
            copy.writestr(name, _part(archive, name, path))
        content = INDENTATION.sub(b"", _part(archive, CONTENT, path))
        for written, meant in BREAKS:
            content = written.sub(meant, content)
        copy.writestr(CONTENT, NUMBER.sub(_with_what_is_beside, content))
    plain.seek(0)
    return plain


def _with_what_is_beside(cell: re.Match[bytes]) -> bytes:
    """Return the beginning of a number's cell, as a text's where more than the number is to be read."""
    text = _text_of(cell)
    if not text:
        return cell[0]
    kind = KIND.sub(b'office:value-type="string"', VALUE.sub(b'office:string-value="%b"' % text.encode(), cell["said"]))
    return cell[0].replace(cell["said"], kind, 1)


def _text_of(cell: re.Match[bytes]) -> str:
    value, shown_as = cell["value"].decode(), (cell["shown"] or b"").decode()
    kind, currency = KIND.search(cell["said"]), CURRENCY.search(cell["said"])
    match kind[1] if kind else b"":
        case b"currency" if currency:
            return f"\ue000{currency[1].decode()}\ue000{value}"
        case b"percentage":
            return percent(float(value))
        case b"float" if value.isdigit() and shown_as.lstrip("0") == value.lstrip("0"):
            return shown_as
        case _:
            return ""


def _part(archive: ZipFile, name: str, path: Path) -> bytes:
    with archive.open(name) as part:
        content = part.read(MAX_CONTENT_BYTES + 1)  # however long it says it is
    if len(content) > MAX_CONTENT_BYTES:
        limit = MAX_CONTENT_BYTES // 1024**2
        raise InputError(f"The workbook {path} unpacks to more than {limit} MiB: save it as CSV.")
    return content


def _rows(path: Path, sheet: CalamineSheet) -> Iterator[tuple[int, Cells]]:
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        yield line, bounded([_cell(cell) for cell in cells], path, line)


def _cell(cell: Any) -> Any:
    value = shown(cell)
    amount = AMOUNT.fullmatch(value) if isinstance(value, str) else None
    return Amount(shown(float(amount[2])), amount[1]) if amount else value
