"""One SQL statement bound to a tenant's schema and its parameters, ready for the recorder."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final, Generic, LiteralString, TypeVar, cast

from psycopg import Connection, RawCursor
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.storage.database.pipelining import Pipeline
from stoflow.storage.database.pooling import meet
from stoflow.storage.database.session import schema_name
from stoflow.storage.database.transactions import TEXTS_KEPT, Rows, Transaction, numbered

Answer = TypeVar("Answer")
Other = TypeVar("Other")
MARK = re.compile(r"\[\[(.+?)\]\]")


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

    def on(self, transaction: Transaction) -> Rows:
        """Execute it as PostgreSQL reads it: psycopg would translate each of thousands of texts again each time."""
        text, values = numbered(self.text, self.params)
        if "tenant" in self.params:
            meet(transaction, self.params["tenant"])
        if isinstance(transaction, Pipeline):
            return transaction.run(text, values)
        return RawCursor(cast("Connection[DictRow]", transaction)).execute(text.encode(), values)

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


def bind(template: LiteralString, tenant: TenantId, **params: Any) -> Statement[bool]:
    """Return `template` with {s} replaced by the tenant's schema, made from its integer; it answers whether there is
    a row."""
    return Statement(_in_schema(template, schema_name(tenant)), {"tenant": tenant, **params}, has_row)
