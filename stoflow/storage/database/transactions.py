"""What takes statements within one transaction, and how they name their parameters."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, LiteralString, Protocol

from psycopg.rows import DictRow

PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|([s%]))")
TEXTS_KEPT = 1_000  # of about 3 KiB: one for each statement, whatever tenants it is said of

Parameters = Sequence[Any] | Mapping[str, Any]


class Rows(Protocol):
    """What came of a statement: as a cursor of psycopg's, or read from a pipeline."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> DictRow | None: ...
    def fetchall(self) -> list[DictRow]: ...
    def __iter__(self) -> Iterator[DictRow]: ...


class Transaction(Protocol):
    """Takes schema-qualified SQL: a connection of psycopg's that is lent for one transaction, or a pipeline."""

    def execute(self, query: LiteralString | bytes, params: Parameters | None = None, /) -> Rows: ...


@lru_cache(maxsize=TEXTS_KEPT)
def with_numbers(text: str) -> tuple[str, tuple[str | int, ...]]:
    """Return the text with $1, $2 … for %(name)s or %s, and which parameters they stand for, each name once."""
    names: dict[str | int, int] = {}

    def number(found: re.Match[str]) -> str:
        if found[2] == "%":
            return "%"
        return f"${names.setdefault(found[1] or len(names), len(names) + 1)}"

    return PLACEHOLDER.sub(number, text), tuple(names)


def in_schema(text: str, schema: str) -> str:
    """Return the text with a tenant's schema, which is named from an integer, for each {s}."""
    return text.replace("{s}", schema) if schema else text


def numbered(text: str, params: Parameters) -> tuple[str, list[Any]]:
    """Return the text with $1, $2 …, and the parameter for each of them."""
    text, names = with_numbers(text)
    values: Any = params  # by name or by place, as the text names them
    return text, [values[name] for name in names]
