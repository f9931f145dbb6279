"""OpenDocument spreadsheets, read as a whole: their unpacked size is bounded before that."""

import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from stoflow.catalogue.sheets import Cells, Sheet, bounded, shown
from stoflow.domain.errors import InputError

CONTENT = "content.xml"
MAX_CONTENT_BYTES = 64 * 1024**2
CHUNK_BYTES = 1024**2


@contextmanager
def ods_workbook(path: Path) -> Generator[Sequence[Sheet]]:
    try:
        _check_content(path)
        book = CalamineWorkbook.from_path(path)
        seen = [each.name for each in book.sheets_metadata if each.visible is SheetVisibleEnum.Visible]
        sheets = [book.get_sheet_by_name(name) for name in seen]
    except (BadZipFile, zlib.error, KeyError, OSError, RuntimeError, CalamineError) as error:
        raise InputError(f"The workbook {path} is damaged, protected or too large: save it anew, or as CSV.") from error
    with closing(book):
        yield [Sheet(sheet.name, partial(_rows, path, sheet)) for sheet in sheets]


def _check_content(path: Path) -> None:
    """Refuse what unpacks to too much; reading it through shows that it is as long as it says."""
    with ZipFile(path) as archive, archive.open(CONTENT) as content:
        if archive.getinfo(CONTENT).file_size > MAX_CONTENT_BYTES:
            limit = MAX_CONTENT_BYTES // 1024**2
            raise InputError(f"The workbook {path} unpacks to more than {limit} MiB: save it as CSV.")
        while content.read(CHUNK_BYTES):
            continue


def _rows(path: Path, sheet: CalamineSheet) -> Iterator[tuple[int, Cells]]:
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        yield line, bounded([shown(cell) for cell in cells], path, line)
