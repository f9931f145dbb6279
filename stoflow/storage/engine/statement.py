"""One SQL statement bound to a tenant's schema and its parameters, ready for the recorder."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, LiteralString, cast

from stoflow.domain.ids import TenantId
from stoflow.storage.session import schema_name


@dataclass(frozen=True, slots=True)
class Statement:
    """`text` is complete SQL with named psycopg parameters. Executed, it answers one row or none."""

    text: LiteralString
    params: Mapping[str, Any]


@lru_cache(maxsize=20_000)
def _in_schema(template: LiteralString, schema: str) -> LiteralString:
    return cast("LiteralString", template.replace("{s}", schema))  # a schema is named from an integer


def bind(template: LiteralString, tenant: TenantId, **params: Any) -> Statement:
    """Return `template` with {s} replaced by the tenant's schema, made from its integer."""
    return Statement(_in_schema(template, schema_name(tenant)), {"tenant": tenant, **params})
