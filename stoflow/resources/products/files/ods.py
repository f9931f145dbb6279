"""OpenDocument spreadsheets, read as a whole: their unpacked size is bounded before that."""

import re
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from stoflow.domain.errors import InputError
from stoflow.resources.products.files.sheets import Cells, Sheet, bounded, shown

CONTENT = "content.xml"
MAX_CONTENT_BYTES = 64 * 1024**2
MANIFEST = "META-INF/manifest.xml"  # says whether the workbook is encrypted
# What calamine 0.9.1 leaves out of a text, and the indentation between cells at which it ends, as SheetJS writes it.
BREAKS = ((re.compile(rb"<text:line-break\s*/>"), b"&#10;"), (re.compile(rb"<text:tab\b[^<>]*/>"), b"&#9;"))
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
        copy.writestr(CONTENT, content)
    plain.seek(0)
    return plain


def _part(archive: ZipFile, name: str, path: Path) -> bytes:
    with archive.open(name) as part:
        content = part.read(MAX_CONTENT_BYTES + 1)  # however long it says it is
    if len(content) > MAX_CONTENT_BYTES:
        limit = MAX_CONTENT_BYTES // 1024**2
        raise InputError(f"The workbook {path} unpacks to more than {limit} MiB: save it as CSV.")
    return content


def _rows(path: Path, sheet: CalamineSheet) -> Iterator[tuple[int, Cells]]:
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        yield line, bounded([shown(cell) for cell in cells], path, line)
