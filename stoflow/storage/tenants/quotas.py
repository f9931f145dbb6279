"""How much a tenant may have: read, set, and held while something is added. No row is no limit."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.audit import Act, Actor
from stoflow.domain.errors import QuotaExceeded
from stoflow.domain.ids import TenantId
from stoflow.domain.quota import Quota, QuotaName
from stoflow.storage.audit_log import add_entry
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import no_tenant
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.facts import TODAY, used_today
from stoflow.storage.engine.statement import bind, s

MIDNIGHT: LiteralString = f"(({TODAY} + 1)::timestamp AT TIME ZONE 'UTC')"
FREE: LiteralString = (
    f"{MIDNIGHT} AS free_at, ceil(extract(epoch FROM {MIDNIGHT} - clock_timestamp()))::int AS free_in_s"
)
HOLD = "SELECT most FROM public.subscription_quotas WHERE tenant = %(tenant)s AND name = %(name)s FOR UPDATE"
PRODUCTS: LiteralString = f"(SELECT count(*) FROM {s}.products WHERE deleted_at IS NULL)"
CONNECTED: LiteralString = f"(SELECT count(*) FROM {s}.connections WHERE secret IS NOT NULL)"
# What is asked for over HTTP has a request; what StoFlow does by itself has none.
ASKED_TODAY: LiteralString = f"""(SELECT count(*) FROM {s}.marketplace_jobs
  WHERE request_id IS NOT NULL AND created_at >= {TODAY}::timestamp AT TIME ZONE 'UTC')"""
CONNECTED_NOW = """
SELECT count(*) AS used, count(*) FILTER (WHERE marketplace = %(marketplace)s) > 0 AS has_it
FROM {s}.connections WHERE secret IS NOT NULL
"""
READ_JOBS = f"""
SELECT most, {used_today("q")} AS used, {FREE} FROM public.subscription_quotas q
WHERE tenant = %(tenant)s AND name = 'jobs_per_day'
"""
READ = f"""
SELECT {PRODUCTS} AS products, {CONNECTED} AS marketplaces, {FREE},
  coalesce((SELECT {used_today("q")} FROM public.subscription_quotas q
            WHERE q.tenant = %(tenant)s AND q.name = 'jobs_per_day'), {ASKED_TODAY}) AS jobs_per_day,
  (SELECT coalesce(json_object_agg(q.name, q.most), '{{}}') FROM public.subscription_quotas q
   WHERE q.tenant = %(tenant)s) AS limits
"""
IS_THERE = "SELECT id FROM public.users WHERE id = %(tenant)s FOR KEY SHARE"
SET = """
INSERT INTO public.subscription_quotas AS q (tenant, name, most) VALUES (%(tenant)s, %(name)s, %(most)s)
ON CONFLICT (tenant, name) DO UPDATE SET most = EXCLUDED.most, updated_at = clock_timestamp()
"""
SET_JOBS = f"""
INSERT INTO public.subscription_quotas AS q (tenant, name, most, used)
VALUES (%(tenant)s, 'jobs_per_day', %(most)s, {ASKED_TODAY})
ON CONFLICT (tenant, name) DO UPDATE SET most = EXCLUDED.most, updated_at = clock_timestamp()
"""
UNSET = "DELETE FROM public.subscription_quotas WHERE tenant = %(tenant)s AND name = %(name)s"
Limits = Mapping[QuotaName, int | None]
UNLIMITED: Final[Limits] = dict.fromkeys(QuotaName)


def read_quotas(database: Database, tenant: TenantId) -> tuple[Quota, ...]:
    """Return how each of a tenant's quotas stands."""
    with database.records() as connection:
        row = bind(READ, tenant).on(connection).fetchone() or {}
    return tuple(_quota(name, row) for name in QuotaName)


def set_limits(database: Database, tenant: TenantId, limits: Limits, by: Actor) -> None:
    """Give a tenant these limits and no others; raise NotFound."""
    with database.records() as connection:
        if connection.execute(IS_THERE, {"tenant": tenant}).fetchone() is None:
            raise no_tenant(tenant)
        for name in QuotaName:
            _set(connection, tenant, name, limits.get(name))
        add_entry(connection, by, Act.QUOTAS_SET, tenant, **{name: limits.get(name) for name in QuotaName})


def hold_limit(connection: Connection[DictRow], tenant: TenantId, name: QuotaName) -> int | None:
    """Return the limit, and let nobody else count by it until the commit; None where there is none."""
    row = connection.execute(HOLD, {"tenant": tenant, "name": name}).fetchone()
    return row["most"] if row else None


def refuse_more_marketplaces(connection: Connection[DictRow], tenant: TenantId, marketplace: str) -> None:
    """Raise QuotaExceeded where this one would be too many; nobody connects another one until the commit.

    What is connected may be connected again, whatever the limit became meanwhile.
    """
    limit = hold_limit(connection, tenant, QuotaName.MARKETPLACES)
    if limit is None:
        return
    row = bind(CONNECTED_NOW, tenant, marketplace=marketplace).on(connection).fetchone()
    assert row is not None
    quota = Quota(QuotaName.MARKETPLACES, limit, row["used"])
    if not row["has_it"] and not quota.has_room_for(1):
        raise QuotaExceeded(quota)


def refuse_more_jobs(connection: Transaction, tenant: TenantId, asked: int) -> None:
    """Raise QuotaExceeded where so many jobs more are too many for today."""
    row = connection.execute(READ_JOBS, {"tenant": tenant}).fetchone()
    if row is None:
        return
    quota = Quota(QuotaName.JOBS_PER_DAY, row["most"], row["used"], _moment(row["free_at"]), row["free_in_s"])
    if not quota.has_room_for(asked):
        raise QuotaExceeded(quota, asked)


def _quota(name: QuotaName, row: Mapping[str, Any]) -> Quota:
    quota = Quota(name, row["limits"].get(name), row[name])
    if name is not QuotaName.JOBS_PER_DAY:
        return quota
    return replace(quota, free_at=_moment(row["free_at"]), free_in_s=row["free_in_s"])


def _moment(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _set(connection: Connection[DictRow], tenant: TenantId, name: QuotaName, most: int | None) -> None:
    if most is None:
        connection.execute(UNSET, {"tenant": tenant, "name": name})
    elif name is QuotaName.JOBS_PER_DAY:
        bind(SET_JOBS, tenant, most=most).on(connection)
    else:
        connection.execute(SET, {"tenant": tenant, "name": name, "most": most})
