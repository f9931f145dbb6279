"""One SQL statement bound to a tenant's schema and its parameters, ready for the recorder."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from stoflow.domain.ids import TenantId
from stoflow.storage.session import schema_name


@dataclass(frozen=True, slots=True)
class Statement:
    """`text` is complete SQL with named psycopg parameters. Executed, it answers one row or none."""

    text: str
    params: Mapping[str, Any]


@lru_cache(maxsize=20_000)
def _in_schema(template: str, schema: str) -> str:
    return template.replace("{s}", schema)


def bind(template: str, tenant: TenantId, **params: Any) -> Statement:
    """Return `template` with {s} replaced by the tenant's schema, made from its integer."""
    return Statement(_in_schema(template, schema_name(tenant)), {"tenant": tenant, **params})
