"""What a file is, by what it begins with and not by its name."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from stoflow.domain.errors import InputError
from stoflow.resources.products.files.lines import beginning, sample

JSON_ENDINGS = frozenset({".ndjson", ".jsonl", ".json"})
JSON_BEGINS = re.compile(r"\s*(?:\{|\[\s*[{\]])")
JSON_LINE = re.compile(r"^[ \t]*[{\[]", re.MULTILINE)
SPREADSHEET = "save it as CSV or .xlsx"
SIGNATURES: Mapping[bytes, str] = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": f"an old Excel workbook (.xls), or one with a password: {SPREADSHEET}",
    b"%PDF": "a PDF document: export the products as CSV or .xlsx",
    b"{\\rtf": f"a text document (.rtf): {SPREADSHEET}",
    b"\x1f\x8b": "compressed (gzip): unpack it first",
    b"BZh": "compressed (bzip2): unpack it first",
    b"\xfd7zXZ": "compressed (xz): unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed (zstd): unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"RIFF": "a picture, or sound",
    b"II*\x00": "a picture",
    b"MM\x00*": "a picture",
    b"SQLite format 3": "a database: export the products as CSV or .xlsx",
}
MARKUP: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"<\?xml.{0,2000}?office:spreadsheet", re.DOTALL), f"an Excel workbook in XML: {SPREADSHEET}"),
    (re.compile(r"<\?xml.{0,2000}?office:document", re.DOTALL), f"a flat OpenDocument file: {SPREADSHEET}"),
    (
        re.compile(r"<!doctype html|<(?:html|head|meta|body|table|div|style)\b", re.IGNORECASE),
        f"an HTML page, as some shops' exports are: open it in a spreadsheet program and {SPREADSHEET}",
    ),
    (re.compile(r"<\?xml|<!--|<!doctype", re.IGNORECASE), "an XML document: export the products as CSV or .xlsx"),
)
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
ZIPPED: Mapping[str, str] = {  # by a name within
    "xl/workbook.bin": f"a binary Excel workbook (.xlsb): {SPREADSHEET}",
    "word/document.xml": f"a Word document: put its table into a spreadsheet and {SPREADSHEET}",
    "Index/Document.iwa": f"an Apple Numbers document: {SPREADSHEET}",
    "Index.zip": f"an Apple Numbers document: {SPREADSHEET}",
}
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
CONTROLS_AT_MOST = 0.05  # of a text's characters: more is no text


class Content(StrEnum):
    DELIMITED = "delimited"
    OBJECTS = "objects"
    XLSX = "xlsx"
    ODS = "ods"


def content_of(path: Path) -> Content:
    """Return how the file is to be read; InputError, in one line, where it holds no rows or cannot be read."""
    head = beginning(path)
    if head.startswith(ZIP):
        return _zipped(path)
    for signature, what in SIGNATURES.items():
        if head.startswith(signature):
            raise _refusal(path, what)
    if head[4:8] == b"ftyp":  # HEIC, AVIF, MP4
        raise _refusal(path, "a picture, or a film")
    text = sample(path)
    if not text.strip("\ufeff \t\r\n\x00"):
        raise InputError(f"The file {path} is empty.")
    _check_text(path, text)
    is_called_json = path.suffix.lower() in JSON_ENDINGS and JSON_LINE.search(text) is not None
    is_json = is_called_json or JSON_BEGINS.match(text) is not None
    return Content.OBJECTS if is_json else Content.DELIMITED


def _check_text(path: Path, text: str) -> None:
    begins = text.lstrip()
    for pattern, what in MARKUP:
        if pattern.match(begins):
            raise _refusal(path, what)
    if len(CONTROLS.findall(text)) > CONTROLS_AT_MOST * len(text):
        raise _refusal(path, "binary: export the products as CSV or .xlsx")


def _zipped(path: Path) -> Content:
    try:
        with ZipFile(path) as archive:
            names = set(archive.namelist())
            kind = archive.read("mimetype")[:100].decode("latin-1") if "mimetype" in names else ""
    except (BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"The file {path} is a damaged spreadsheet or archive.") from error
    if "xl/workbook.xml" in names:
        return Content.XLSX
    if kind.startswith(f"{OPEN_DOCUMENT}spreadsheet"):
        return Content.ODS
    if kind.startswith(OPEN_DOCUMENT):
        raise _refusal(path, f"an OpenDocument file, and no spreadsheet: {SPREADSHEET}")
    raise _refusal(path, next((ZIPPED[name] for name in ZIPPED if name in names), "a zip archive: unpack it first"))


def _refusal(path: Path, what: str) -> InputError:
    return InputError(f"The file {path} is {what}.")
