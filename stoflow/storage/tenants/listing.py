"""Tenants found and told of, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role, role_of
from stoflow.storage.database.session import Database

COLUMNS = "SELECT id, email, full_name, role, is_active, created_at, last_login FROM public.users"
LIST = f"""
{COLUMNS}
WHERE id > %(after)s AND (%(active)s::boolean IS NULL OR is_active = %(active)s)
  AND (email ILIKE %(like)s OR coalesce(full_name, '') ILIKE %(like)s)
ORDER BY id LIMIT %(limit)s
"""
FIND_SEVERAL = f"{COLUMNS} WHERE id = ANY(%(tenants)s::int[])"
FIND = f"{COLUMNS} WHERE id = %(tenant)s"
SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\%_"})


@dataclass(frozen=True, slots=True)
class TenantView:
    """A tenant as support sees them."""

    id: TenantId
    email: str
    full_name: str | None
    role: Role
    is_active: bool
    created_at: datetime
    last_login: datetime | None


def view_tenants(
    database: Database, *, search: str, active: bool | None, after: int, limit: int
) -> tuple[TenantView, ...]:
    """Return tenants by number whose address or name has `search` in it."""
    like = f"%{search.translate(SPECIAL)}%"
    with database.records() as connection:
        rows = connection.execute(LIST, {"like": like, "active": active, "after": after, "limit": limit}).fetchall()
    return tuple(_view(row) for row in rows)


def view_several(database: Database, tenants: Sequence[TenantId]) -> Mapping[TenantId, TenantView]:
    """Return those of these tenants that there are."""
    with database.records() as connection:
        rows = connection.execute(FIND_SEVERAL, {"tenants": list(tenants)}).fetchall()
    return {view.id: view for view in map(_view, rows)}


def view_tenant(database: Database, tenant: TenantId) -> TenantView | None:
    with database.records() as connection:
        row = connection.execute(FIND, {"tenant": tenant}).fetchone()
    return _view(row) if row else None


def _view(row: DictRow) -> TenantView:
    role = role_of(row.pop("role"))
    return TenantView(**row, role=role)
