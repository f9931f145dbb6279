"""Deleting a tenant: how far each deletion is, and what each step does to the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from psycopg import sql

from stoflow.domain.audit import STOFLOW, Act, Actor
from stoflow.domain.ids import JobId, TenantId
from stoflow.storage.audit_log import add_entry
from stoflow.storage.credentials.token_families import revoke_all_on
from stoflow.storage.database.session import Database, Records, schema_name
from stoflow.storage.database.tenants import no_tenant
from stoflow.storage.engine.facts import UNFINISHED
from stoflow.storage.engine.ownership import announce
from stoflow.storage.engine.statement import bind, s


class Step(StrEnum):
    """In order."""

    ENDING = "ending"
    CLOSING = "closing"
    DROPPING = "dropping"
    FORGETTING = "forgetting"
    PHOTOS = "photos"
    LAST = "last"


# The user's row is locked: of a tenant that is deleted meanwhile no deletion is left behind.
ASK = """
INSERT INTO public.tenant_deletions (tenant, step)
SELECT id, %(step)s FROM public.users WHERE id = %(tenant)s FOR UPDATE
ON CONFLICT (tenant) DO NOTHING RETURNING step
"""
FIND = "SELECT step FROM public.tenant_deletions WHERE tenant = %(tenant)s"
TAKE = """
UPDATE public.tenant_deletions SET next_at = clock_timestamp() + %(lease_s)s::float8 * interval '1 second'
WHERE tenant = (
  SELECT tenant FROM public.tenant_deletions WHERE next_at <= clock_timestamp()
  ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING tenant, step, extract(epoch FROM clock_timestamp() - step_since)::float8 AS lasted_s
"""
PUT_OFF = """
UPDATE public.tenant_deletions SET next_at = clock_timestamp() + %(wait_s)s::float8 * interval '1 second'
WHERE tenant = %(tenant)s
"""
ADVANCE = """
UPDATE public.tenant_deletions SET step = %(after)s, step_since = clock_timestamp(), next_at = clock_timestamp()
WHERE tenant = %(tenant)s AND step = %(step)s
"""
FINISH = "DELETE FROM public.tenant_deletions WHERE tenant = %(tenant)s RETURNING tenant"
SUSPEND = "UPDATE public.users SET is_active = false, updated_at = now() WHERE id = %(tenant)s AND is_active"
HAS_SCHEMA = "SELECT to_regnamespace(%(schema)s) IS NOT NULL AS found"
# Nobody can end them: their seller has disconnected, or no plugin of theirs was ever there.
OUT_OF_REACH = f"""
SELECT DISTINCT l.marketplace FROM {s}.listings l
WHERE l.visible AND CASE WHEN l.marketplace = ANY (%(by_plugin)s)
  THEN NOT EXISTS (SELECT FROM public.plugin_presence v WHERE v.tenant = %(tenant)s)
  ELSE NOT EXISTS (SELECT FROM {s}.connections c WHERE c.marketplace = l.marketplace AND c.secret IS NOT NULL) END
"""
FOR_SALE = f"""
SELECT p.id FROM {s}.products p WHERE p.deleted_at IS NULL AND EXISTS (
  SELECT FROM {s}.listings l WHERE l.product_id = p.id AND l.visible AND l.marketplace <> ALL (%(without)s))
ORDER BY p.id LIMIT 100
"""
UNENDED = f"""
SELECT EXISTS (
  SELECT FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a ON a.id = j.action_type_id
  WHERE a.code = 'delete' AND j.status IN {UNFINISHED} AND j.marketplace <> ALL (%(without)s)) AS found
"""
LEFT = f"SELECT marketplace, count(*) AS listings FROM {s}.listings WHERE visible GROUP BY marketplace ORDER BY 1"
RUNNING = f"""
SELECT EXISTS (SELECT FROM {s}.marketplace_tasks WHERE status = 'running')
  OR EXISTS (SELECT FROM {s}.marketplace_jobs WHERE status = 'running' AND claimed_by IS NOT NULL) AS found
"""
# Others' tables refer to some of the tenant's: whoever waits for one of those has waited for a second at most.
BRIEFLY = "SET LOCAL lock_timeout = '1s'"
THEIR_TABLES = """
SELECT c.relname AS name, a.attnotnull AS is_theirs FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'tenant'
  AND NOT a.attisdropped AND c.relname <> ALL (ARRAY['audit_log', 'tenant_deletions']) ORDER BY c.relname
"""
DELETE = "DELETE FROM public.{table} WHERE tenant = %s"
EMPTY = "UPDATE public.{table} SET tenant = NULL WHERE tenant = %s"
FORGET_USER = "DELETE FROM public.users WHERE id = %(tenant)s"


@dataclass(frozen=True, slots=True)
class Deletion:
    """One that is due; its step was begun `lasted_s` ago."""

    tenant: TenantId
    step: Step
    lasted_s: float


def ask_deletion(database: Database, tenant: TenantId, first: Step, by: Actor) -> Step:
    """Begin a deletion and return where it is; one that was begun before goes on. Raise NotFound."""
    with database.records() as connection:
        if connection.execute(ASK, {"tenant": tenant, "step": first}).fetchone():
            add_entry(connection, by, Act.DELETION_ASKED, tenant, listings="end" if first is Step.ENDING else "leave")
        found = connection.execute(FIND, {"tenant": tenant}).fetchone()
    if found is None:
        raise no_tenant(tenant)
    return Step(found["step"])


def take_deletion(database: Database, lease_s: float) -> Deletion | None:
    """Return one whose time has come; it comes again after `lease_s` unless it is advanced or put off."""
    with database.records() as connection:
        row = connection.execute(TAKE, {"lease_s": lease_s}).fetchone()
    return Deletion(TenantId(row["tenant"]), Step(row["step"]), row["lasted_s"]) if row else None


def put_off(database: Database, deletion: Deletion, wait_s: float) -> None:
    with database.records() as connection:
        connection.execute(PUT_OFF, {"tenant": deletion.tenant, "wait_s": wait_s})


def advance(database: Database, deletion: Deletion) -> None:
    """Go on to the next step."""
    steps = list(Step)
    after = steps[steps.index(deletion.step) + 1]
    with database.records() as connection:
        connection.execute(ADVANCE, {"tenant": deletion.tenant, "step": deletion.step, "after": after})


def out_of_reach(database: Database, tenant: TenantId, by_plugin: Sequence[str]) -> list[str]:
    """Return the marketplaces with listings that nobody can end; `by_plugin` are those that a plugin calls."""
    with database.records() as connection:
        found = bind(OUT_OF_REACH, tenant, by_plugin=list(by_plugin)).on(connection)
        return [row["marketplace"] for row in found]


def for_sale(database: Database, tenant: TenantId, *, without: Sequence[str]) -> list[int]:
    """Return some of the products that buyers see elsewhere than there."""
    with database.records() as connection:
        return [row["id"] for row in bind(FOR_SALE, tenant, without=list(without)).on(connection)]


def is_ending(database: Database, tenant: TenantId, *, without: Sequence[str]) -> bool:
    """Say whether a job that ends a listing has not ended, elsewhere than there."""
    with database.records() as connection:
        row = bind(UNENDED, tenant, without=list(without)).on(connection).fetchone()
    return bool(row and row["found"])


def listings_left(database: Database, tenant: TenantId) -> Mapping[str, int]:
    """Return how many listings buyers still see, by marketplace."""
    with database.records() as connection:
        return {row["marketplace"]: row["listings"] for row in bind(LEFT, tenant).on(connection)}


def close_account(database: Database, tenant: TenantId) -> None:
    """Let nothing begin and nobody in."""
    with database.records() as connection:
        if connection.execute(SUSPEND, {"tenant": tenant}).rowcount:
            revoke_all_on(connection, tenant, "revoked")
            announce(connection, tenant, JobId(0))


def is_running(database: Database, tenant: TenantId) -> bool:
    """Say whether an attempt may be under way."""
    with database.records() as connection:
        if not _has_schema(connection, tenant):
            return False
        return bool((bind(RUNNING, tenant).on(connection).fetchone() or {"found": False})["found"])


def drop_tables(database: Database, tenant: TenantId) -> None:
    """Drop the tenant's schema; raise DatabaseError where it is not its turn yet."""
    with database.records() as connection:
        connection.execute(BRIEFLY)
        name = sql.Identifier(schema_name(tenant))
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))


def forget_rows(database: Database, tenant: TenantId) -> None:
    """Delete the user and every row of theirs that is not in their schema."""
    with database.records() as connection:
        connection.execute(FORGET_USER, {"tenant": tenant})
        for row in connection.execute(THEIR_TABLES).fetchall():
            statement = sql.SQL(DELETE if row["is_theirs"] else EMPTY).format(table=sql.Identifier(row["name"]))
            connection.execute(statement, [tenant])


def finish_deletion(database: Database, tenant: TenantId) -> None:
    with database.records() as connection:
        if connection.execute(FINISH, {"tenant": tenant}).fetchone():
            add_entry(connection, STOFLOW, Act.TENANT_DELETED, tenant)


def _has_schema(connection: Records, tenant: TenantId) -> bool:
    row = connection.execute(HAS_SCHEMA, {"schema": schema_name(tenant)}).fetchone()
    return bool(row and row["found"])
