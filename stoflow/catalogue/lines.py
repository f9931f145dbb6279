"""The physical lines of a file somebody else wrote, whatever its encodings."""

import codecs
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from stoflow.domain.errors import InputError

SAMPLE_BYTES = 64 * 1024
MAX_LINE_BYTES = 8 * 1024 * 1024
WIDE_ENCODINGS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def decoded(line: bytes) -> str:
    """Return the text of one line: UTF-8 where it is, else what Windows would have meant, else byte by byte."""
    for encoding in ("utf-8", "cp1252"):
        with suppress(UnicodeDecodeError):
            return line.decode(encoding)
    return line.decode("latin-1")


def sample(path: Path) -> str:
    """Return the beginning of the file as text, for guessing what it is; its last line may be cut."""
    with opened(path) as file:
        head = file.read(SAMPLE_BYTES)
    wide = WIDE_ENCODINGS.get(head[:2])
    if wide:
        return head[2:].decode(wide, errors="replace")
    return "\n".join(decoded(line) for line in head.removeprefix(codecs.BOM_UTF8).splitlines())


def lines(path: Path) -> Iterator[str]:
    """Yield each physical line with its line end, read as it is asked for."""
    with opened(path) as file:
        wide = WIDE_ENCODINGS.get(file.read(2))
        if wide:
            yield from _wide_lines(path, wide)
            return
        file.seek(0)
        for number, line in enumerate(_byte_lines(file)):
            yield decoded(line.removeprefix(codecs.BOM_UTF8) if number == 0 else line)


def opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"The file {path} cannot be read: {error.strerror}.") from error


def _byte_lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES):
        if len(line) == MAX_LINE_BYTES:
            raise InputError(
                f"The file has a line of more than {MAX_LINE_BYTES // 1024**2} MiB: it is no list of products."
            )
        yield from line.splitlines(keepends=True)  # bytes know \n, \r\n and the old lone \r, and nothing else


def _wide_lines(path: Path, encoding: str) -> Iterator[str]:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for number, line in enumerate(file):
            yield line.removeprefix("\ufeff") if number == 0 else line
