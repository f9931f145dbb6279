"""The views of the jobs' list that an account keeps: each a name and a filter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from stoflow.domain.ids import TenantId
from stoflow.storage.database.session import Database

LIST = "SELECT id, name, filter, created_at FROM public.saved_views WHERE tenant = %(tenant)s ORDER BY id"
# Two at once may be one too many together, which nobody minds.
SAVE = """
INSERT INTO public.saved_views AS v (tenant, name, filter)
SELECT %(tenant)s, %(name)s, %(filter)s
WHERE EXISTS (SELECT FROM public.saved_views WHERE tenant = %(tenant)s AND name = %(name)s)
  OR (SELECT count(*) FROM public.saved_views WHERE tenant = %(tenant)s) < %(most)s
ON CONFLICT (tenant, name) DO UPDATE SET filter = EXCLUDED.filter
RETURNING v.id, v.name, v.filter, v.created_at
"""
DELETE = "DELETE FROM public.saved_views WHERE tenant = %(tenant)s AND id = %(id)s RETURNING id"


@dataclass(frozen=True, slots=True)
class SavedView:
    """`filter` has what is asked for, as an address names it."""

    id: int
    name: str
    filter: Mapping[str, Any]
    created_at: datetime


def list_views(database: Database, tenant: TenantId) -> Sequence[SavedView]:
    """Return an account's views, the oldest first."""
    with database.records() as connection:
        return [SavedView(**row) for row in connection.execute(LIST, {"tenant": tenant})]


def save_view(
    database: Database, tenant: TenantId, name: str, wanted: Mapping[str, Any], *, most: int
) -> SavedView | None:
    """Keep a view, in the place of the one of that name; None where there are `most` others."""
    with database.records() as connection:
        about = {"tenant": tenant, "name": name, "filter": Jsonb(wanted), "most": most}
        row = connection.execute(SAVE, about).fetchone()
    return SavedView(**row) if row else None


def delete_view(database: Database, tenant: TenantId, view: int) -> bool:
    """Return whether there was one."""
    with database.records() as connection:
        return connection.execute(DELETE, {"tenant": tenant, "id": view}).fetchone() is not None
