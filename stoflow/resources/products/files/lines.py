"""The physical lines of a file somebody else wrote, whatever its encodings."""

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from stoflow.domain.errors import InputError

SAMPLE_BYTES = 64 * 1024
CHUNK_BYTES = 1024**2
MAX_LINE_BYTES = 8 * 1024**2
BYTE_ORDER_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, ""),
)
NULS_AT_LEAST, NULS_AT_MOST = 0.4, 0.05  # of every second byte, and of the others, in UTF-16 without a mark
LETTER = rb"[A-Za-z\xc0-\xff]"
POLISH = rb"z\xb3(?![A-Za-z0-9])|" + LETTER + rb"[\xb3\xbf\xa3\xaf%s]" + LETTER
BY_LETTERS = {  # within a word, where the western table of Windows shows signs that no word holds
    "cp1250": POLISH % rb"\xb9\xa5" + rb"|[A-Za-z]\x9c[bcdgkpw]",
    "iso8859-2": POLISH % rb"\xb1\xa1\xb6",
    "cp850": rb"[A-Za-z][\x81\x82\x84\x94][a-z\xe1]",
    "mac-roman": rb"[a-z][\x8a\x8e\x8f\x9f][a-z\xa7]",
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file writes its text: `wide` names a table of two or four bytes a character, "" for UTF-8 line by line.

    `fallback` is for the lines that are no UTF-8; the text begins after `mark` bytes.
    """

    wide: str = ""
    mark: int = 0
    fallback: str = "cp1252"

    def text(self, line: bytes) -> str:
        for name in ("utf-8", self.fallback):
            with suppress(UnicodeDecodeError):
                return line.decode(name)
        return line.decode("latin-1")


def sample(path: Path) -> str:
    """Return the beginning of the file as text, for guessing what it is; its last line may be cut."""
    head = beginning(path)
    encoding = _encoding(head)
    text = head[encoding.mark :]
    if encoding.wide:
        return text.decode(encoding.wide, errors="replace")
    return "\n".join(encoding.text(line) for line in text.splitlines())


def beginning(path: Path) -> bytes:
    with opened(path) as file:
        return file.read(SAMPLE_BYTES)


def lines(path: Path) -> Iterator[str]:
    """Yield each physical line with its line end, read as it is asked for."""
    with opened(path) as file:
        encoding = _encoding(file.read(SAMPLE_BYTES))
        file.seek(encoding.mark)
        if encoding.wide:
            yield from _wide_lines(file, encoding.wide)
        else:
            yield from map(encoding.text, _byte_lines(file))


def opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"The file {path} cannot be read: {error.strerror}.") from error


def _encoding(head: bytes) -> Encoding:
    for mark, wide in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return Encoding(wide, len(mark), _fallback(head))
    return Encoding(_unmarked(head), 0, _fallback(head))


def _unmarked(head: bytes) -> str:
    """Return the kind of UTF-16 by its zeros: what sellers write in most is letters below 256."""
    first, second = _share_of_nuls(head[0::2]), _share_of_nuls(head[1::2])
    if second >= NULS_AT_LEAST and first <= NULS_AT_MOST:
        return "utf-16-le"
    return "utf-16-be" if first >= NULS_AT_LEAST and second <= NULS_AT_MOST else ""


def _share_of_nuls(some: bytes) -> float:
    return some.count(0) / len(some) if some else 0.0


def _fallback(head: bytes) -> str:
    """Return what wrote the lines that are no UTF-8: an old Mac ends its lines with a lone carriage return."""
    if b"\r" in head and b"\n" not in head:
        return "mac-roman"
    if _is_utf8(head):
        return "cp1252"
    strange = b"\n".join(line for line in head.splitlines() if not _is_utf8(line))
    counts = {name: len(re.findall(letters, strange)) for name, letters in BY_LETTERS.items()}
    found = max(counts, key=counts.__getitem__)
    return found if counts[found] else "cp1252"


def _is_utf8(line: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        line.decode("utf-8")
        return True
    return False


def _byte_lines(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while chunk := file.read(CHUNK_BYTES):
        *whole, rest = (rest + chunk).splitlines(keepends=True)  # bytes know \n, \r\n, the old \r, and nothing else
        yield from whole
        if len(rest) > MAX_LINE_BYTES:
            raise _too_long()
    if rest:
        yield rest


def _wide_lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    with io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="") as text:
        while line := text.readline(MAX_LINE_BYTES):
            if len(line) == MAX_LINE_BYTES:
                raise _too_long()
            yield line


def _too_long() -> InputError:
    return InputError(f"The file has a line of more than {MAX_LINE_BYTES // 1024**2} MiB: it is no list of products.")
