"""Products as JSON: an object a line, or one document that holds a list of them."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, cast

from stoflow.domain.errors import InputError
from stoflow.resources.products.files.header import known_columns, unique_names
from stoflow.resources.products.files.lines import lines
from stoflow.resources.products.files.row import RejectedRow, Row

LINE_ENDINGS = frozenset({".ndjson", ".jsonl"})
FIRST_OBJECTS = 1_000
PRODUCT_COLUMNS = 2  # known names that make an object a product
MAX_DOCUMENT_BYTES = 32 * 1024**2  # a document is read as a whole, one object per line is not
LIST = re.compile(r"""\s*(?P<list>\[)\s*(?=[{\]])|\s*""")
FIRST_LIST = re.compile(r"""\s*\{\s*"(?P<name>[^"]*)"\s*:\s*(?P<list>\[)\s*(?=[{\]])""")  # an object's first value
BETWEEN = re.compile(r"[\s,]*")
NO_OBJECT = "The line is not a JSON object."
NO_JSON = "From here on the file is not JSON, and nothing more of it is read."
CUT_OFF = "The list is not closed: the file seems to be cut off here."


class _Object:
    """The pairs of a JSON object: a name may come twice, and neither value is lost."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


DECODER = json.JSONDecoder(object_pairs_hook=_Object)


def object_names(path: Path) -> tuple[str, ...]:
    """Return the names in the first objects that can be read."""
    objects = (row.values for row in islice(object_rows(path), FIRST_OBJECTS) if isinstance(row, Row))
    return tuple(dict.fromkeys(name for values in objects for name in values))


def object_rows(path: Path) -> Iterator[Row | RejectedRow]:
    first, *others = [*islice(filter(str.strip, lines(path)), 2), ""]
    value = _decoded(first)
    if path.suffix.lower() not in LINE_ENDINGS and not isinstance(value, _Object):
        return _document_rows(path)
    if isinstance(value, _Object) and not any(others):
        return (_row(1, each) for each in _products_in(value))
    return (_row(line, _decoded(text)) for line, text in enumerate(lines(path), start=1) if text.strip())


def _products_in(value: Any) -> Sequence[Any]:
    """Return the objects that an object holds as a list, where its own names are no columns of products."""
    if not isinstance(value, _Object) or known_columns(name for name, _ in value.pairs) >= PRODUCT_COLUMNS:
        return [value]
    lists = [cast("list[Any]", inner) for _, inner in value.pairs if isinstance(inner, list)]
    return next((each for each in lists if each and isinstance(each[0], _Object)), [value])


def _decoded(text: str) -> Any:
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _row(line: int, value: Any) -> Row | RejectedRow:
    if not isinstance(value, _Object):
        return RejectedRow(line, NO_OBJECT)
    try:
        pairs = list(_flattened(value))
    except RecursionError:
        return RejectedRow(line, NO_OBJECT)
    names = unique_names(name for name, _ in pairs)
    return Row(line, dict(zip(names, (inner for _, inner in pairs), strict=True)))


def _flattened(value: _Object, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in value.pairs:
        if isinstance(inner, _Object):
            yield from _flattened(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _plain(inner)


def _plain(value: Any) -> Any:
    """Return a list with its objects as mappings."""
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    return {key: _plain(inner) for key, inner in value.pairs} if isinstance(value, _Object) else value


def _document_rows(path: Path) -> Iterator[Row | RejectedRow]:
    if path.stat().st_size > MAX_DOCUMENT_BYTES:
        limit = MAX_DOCUMENT_BYTES // 1024**2
        raise InputError(f"The file {path} is one JSON document of more than {limit} MiB: write one object per line.")
    return _items("".join(lines(path)))


def _start(text: str) -> re.Match[str]:
    """Return where the list of products opens; its group "list" is empty where there is none."""
    held = FIRST_LIST.match(text)
    return held if held and not known_columns([held["name"]]) else cast("re.Match[str]", LIST.match(text))


def _items(text: str) -> Iterator[Row | RejectedRow]:
    """Yield each object of the document's list, or of several that follow one another."""
    start = _start(text)
    line, seen, at = 1, 0, start.end()
    while True:
        at = cast("re.Match[str]", BETWEEN.match(text, at)).end()
        line, seen = line + text.count("\n", seen, at), at
        if text.startswith("]", at) or (at == len(text) and not start["list"]):
            return
        try:
            value, at = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield RejectedRow(line, CUT_OFF if at == len(text) else NO_JSON)
            return
        yield from (_row(line, each) for each in _products_in(value))
