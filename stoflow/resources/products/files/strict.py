"""Workbooks of the strict class of ISO/IEC 29500, where openpyxl finds no sheets, in the names of the usual class."""

import shutil
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = "_rels/.rels"
STRICT_ROOT = b"http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"
NAMES = (
    (b"http://purl.oclc.org/ooxml/spreadsheetml/", b"http://schemas.openxmlformats.org/spreadsheetml/2006/"),
    (b"http://purl.oclc.org/ooxml/officeDocument/", b"http://schemas.openxmlformats.org/officeDocument/2006/"),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)
HEAD_BYTES = 64 * 1024  # of a part of cells or texts: its names stand in its first element
FASTEST = 1


def usual_class(file: IO[bytes], copy: IO[bytes]) -> IO[bytes]:
    """Return the workbook's file, or `copy` with the workbook in it where it is of the strict class.

    Raise what `zipfile` does where the file is damaged.
    """
    with ZipFile(file) as archive:
        if ROOT not in archive.namelist() or STRICT_ROOT not in archive.read(ROOT):
            return file  # openpyxl asks for the parts by their kinds, and needs no root
        with ZipFile(copy, "w", ZIP_DEFLATED, compresslevel=FASTEST) as renamed:
            for part in archive.namelist():
                _copy_part(archive, renamed, part)
    return copy


def _copy_part(archive: ZipFile, renamed: ZipFile, name: str) -> None:
    with archive.open(name) as part, renamed.open(name, "w", force_zip64=True) as copy:
        head = part.read(-1 if name.endswith(".rels") else HEAD_BYTES)
        for strict, usual in NAMES:
            head = head.replace(strict, usual)
        copy.write(head)
        shutil.copyfileobj(part, copy)
