"""One SQL statement bound to a tenant's schema and its parameters, ready for the recorder."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final, Generic, LiteralString, TypeVar, cast

from psycopg import Connection, RawCursor
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.storage.database.session import schema_name

Answer = TypeVar("Answer")
Other = TypeVar("Other")
PARAMETER = re.compile(r"%\((\w+)\)s")
MARK = re.compile(r"\[\[(.+?)\]\]")
TEXTS_KEPT = 4_000  # of about 3 KiB; what a few hundred busy tenants say again and again


s: Final[LiteralString] = "{s}"
"""Stands for a tenant's schema: a statement names it alike with an f before it and without."""

Parts = tuple[tuple[LiteralString, LiteralString], ...]
"""Optional parts of a statement: the mark, [[…]] in the template, where each stands, and its text."""


def has_row(row: DictRow | None) -> bool:
    return row is not None


@dataclass(frozen=True, slots=True)
class Statement(Generic[Answer]):
    """`text` is complete SQL with named psycopg parameters; `read` makes its answer of its first row, or of none."""

    text: LiteralString
    params: Mapping[str, Any]
    read: Callable[[DictRow | None], Answer]

    def on(self, connection: Connection[DictRow]) -> RawCursor[DictRow]:
        """Execute it as PostgreSQL reads it: psycopg would translate each of thousands of texts again each time."""
        text, names = _numbered(self.text)
        return RawCursor(connection).execute(text, [self.params[name] for name in names])

    def answering(self, read: Callable[[DictRow | None], Other]) -> "Statement[Other]":
        return Statement(self.text, self.params, read)


@cache
def composed(template: LiteralString, *parts: tuple[LiteralString, LiteralString]) -> LiteralString:
    """Return the template with these parts and no others: each costs PostgreSQL time, used or not."""
    wanted: dict[str, str] = dict(parts)
    return cast("LiteralString", MARK.sub(lambda found: wanted.get(found[1], ""), template))


@lru_cache(maxsize=TEXTS_KEPT)
def _in_schema(template: LiteralString, schema: str) -> LiteralString:
    return cast("LiteralString", template.replace("{s}", schema))  # a schema is named from an integer


@lru_cache(maxsize=TEXTS_KEPT)
def _numbered(text: LiteralString) -> tuple[LiteralString, tuple[str, ...]]:
    """Return the text with $1, $2 … and the names they stand for, each name once."""
    names = tuple(dict.fromkeys(PARAMETER.findall(text)))
    numbers = {name: f"${number}" for number, name in enumerate(names, start=1)}
    numbered = PARAMETER.sub(lambda found: numbers[found[1]], text).replace("%%", "%")
    return cast("LiteralString", numbered), names


def bind(template: LiteralString, tenant: TenantId, **params: Any) -> Statement[bool]:
    """Return `template` with {s} replaced by the tenant's schema, made from its integer; it answers whether there is
    a row."""
    return Statement(_in_schema(template, schema_name(tenant)), {"tenant": tenant, **params}, has_row)
