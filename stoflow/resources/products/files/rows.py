"""The rows of a seller's file, whatever program wrote it, each with the number of the line it begins on."""

import ast
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from stoflow.resources.products.files.content import Content, content_of
from stoflow.resources.products.files.delimited import delimited_names, delimited_rows
from stoflow.resources.products.files.objects import object_names, object_rows
from stoflow.resources.products.files.row import RejectedRow as RejectedRow
from stoflow.resources.products.files.row import Row as Row
from stoflow.resources.products.files.sheets import sheet_names, sheet_rows

LISTS = ("[", "{", "(")
Names = Callable[[Path], tuple[str, ...]]
Rows = Callable[[Path], Iterator[Row | RejectedRow]]


def _open_workbook(kind: str, path: Path) -> Any:
    """Open a workbook of a kind: only who reads one pays for its library."""
    return getattr(import_module(f"{__package__}.{kind}"), f"{kind}_workbook")(path)


OPEN_XLSX, OPEN_ODS = partial(_open_workbook, "xlsx"), partial(_open_workbook, "ods")
READERS: Mapping[Content, tuple[Names, Rows]] = {
    Content.DELIMITED: (delimited_names, delimited_rows),
    Content.OBJECTS: (object_names, object_rows),
    Content.XLSX: (partial(sheet_names, workbook=OPEN_XLSX), partial(sheet_rows, workbook=OPEN_XLSX)),
    Content.ODS: (partial(sheet_names, workbook=OPEN_ODS), partial(sheet_rows, workbook=OPEN_ODS)),
}


def read_rows(path: Path) -> Iterator[Row | RejectedRow]:
    """Yield each row of the file, or why it cannot be read; InputError where the file as a whole is not readable."""
    return READERS[content_of(path)][1](path)


def column_names(path: Path) -> tuple[str, ...]:
    """Return the names of the columns: those of the header, or of the first objects that can be read."""
    return READERS[content_of(path)][0](path)


def literal(text: str) -> Any:
    """Return what a Python or JSON literal in a cell stands for, or the text itself."""
    if not text.startswith(LISTS):
        return text
    for parse in (json.loads, _python_literal):
        with suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return parse(text)
    return text


def _python_literal(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a backslash in somebody's text is no news for the terminal
        return ast.literal_eval(text)
