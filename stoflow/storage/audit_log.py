"""The audit log: rows are added in the transaction of what they tell of, and never changed."""

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.audit import Act, Actor, AuditEntry
from stoflow.domain.ids import TenantId
from stoflow.domain.page import Page, id_in
from stoflow.storage.database.session import Database

ADD = """
INSERT INTO public.audit_log (actor_kind, actor_name, act, tenant, detail)
VALUES (%(kind)s, %(name)s, %(act)s, %(tenant)s, %(detail)s)
"""
LIST = """
SELECT id, at, actor_kind, actor_name, act, tenant, detail FROM public.audit_log
WHERE (%(before)s::bigint IS NULL OR id < %(before)s) AND (%(tenant)s::int IS NULL OR tenant = %(tenant)s)
ORDER BY id DESC LIMIT %(limit)s
"""


def add_entry(
    connection: Connection[DictRow], by: Actor, act: Act, tenant: TenantId | None = None, **detail: object
) -> None:
    """Tell of an act in its own transaction."""
    values = {"kind": by.kind, "name": by.name, "act": act, "tenant": tenant, "detail": Jsonb(detail)}
    connection.execute(ADD, values)


def list_entries(database: Database, *, limit: int, cursor: str | None, tenant: int | None) -> Page[AuditEntry]:
    """Return one page, newest first; of one tenant where one is named."""
    values = {"before": id_in(cursor), "tenant": tenant, "limit": limit + 1}
    with database.records() as connection:
        rows = connection.execute(LIST, values).fetchall()
    found = tuple(_entry(row) for row in rows[:limit])
    return Page(found, str(found[-1].id) if len(rows) > limit else None)


def _entry(row: DictRow) -> AuditEntry:
    by = Actor(row["actor_kind"], row["actor_name"])
    return AuditEntry(row["id"], row["at"], by, row["act"], row["tenant"], row["detail"])
