"""One SQL statement bound to a tenant's schema and its parameters, ready for the recorder."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Generic, LiteralString, TypeVar, cast

from psycopg import Connection, RawCursor
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.storage.database.pipelining import Pipeline
from stoflow.storage.database.pooling import meet
from stoflow.storage.database.session import schema_name
from stoflow.storage.database.transactions import Rows, Transaction, in_schema, numbered

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
    """`template` is SQL with named psycopg parameters, and {s} for the schema where there is one; `read` makes its
    answer of its first row, or of none.
    """

    template: LiteralString
    params: Mapping[str, Any]
    read: Callable[[DictRow | None], Answer]
    schema: str = ""

    @property
    def text(self) -> LiteralString:
        return cast("LiteralString", in_schema(self.template, self.schema))

    def on(self, transaction: Transaction) -> Rows:
        """Execute it as PostgreSQL reads it: psycopg would translate it again each time, and for each tenant."""
        text, values = numbered(self.template, self.params)
        if "tenant" in self.params:
            meet(transaction, self.params["tenant"])
        if isinstance(transaction, Pipeline):
            return transaction.run(text, values, self.schema)
        cursor = RawCursor(cast("Connection[DictRow]", transaction))
        return cursor.execute(in_schema(text, self.schema).encode(), values)

    def answering(self, read: Callable[[DictRow | None], Other]) -> "Statement[Other]":
        return Statement(self.template, self.params, read, self.schema)


@cache
def composed(template: LiteralString, *parts: tuple[LiteralString, LiteralString]) -> LiteralString:
    """Return the template with these parts and no others: each costs PostgreSQL time, used or not."""
    wanted: dict[str, str] = dict(parts)
    return cast("LiteralString", MARK.sub(lambda found: wanted.get(found[1], ""), template))


def bind(template: LiteralString, tenant: TenantId, **params: Any) -> Statement[bool]:
    """Return `template` about the tenant's schema, made from its integer; it answers whether there is a row."""
    return Statement(template, {"tenant": tenant, **params}, has_row, schema_name(tenant))
