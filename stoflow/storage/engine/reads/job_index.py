"""Jobs of all tenants: found in `public.job_index`, and read where each of them is kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString, cast

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.storage.database.pooling import meet
from stoflow.storage.database.session import schema_name
from stoflow.storage.engine.reads.meant import FROM, SAYS

TENANTS_AT_ONCE: Final = 40  # schemas named by one statement: PostgreSQL locks each table of it and each of its indexes

# One walk of the index for each status and action, all of them in the order of the list: the cost is that of a page.
BY_STATUS: LiteralString = "job_index i WHERE i.status = w.status AND i.action = w.action"
BY_KIND: LiteralString = """job_index i WHERE i.kind = %(error_kind)s AND i.action = w.action AND i.status = 'failed'
    AND (%(error_code)s::text IS NULL OR i.code = %(error_code)s)"""
LIST: LiteralString = """
SELECT f.tenant, f.job, f.created_at
FROM (
  SELECT k.status, a.id AS action FROM unnest(%(statuses)s::text[]) AS k(status) CROSS JOIN
    public.marketplace_action_types a
  WHERE (%(marketplace)s::text IS NULL OR a.marketplace = %(marketplace)s)
    AND (%(actions)s::text[] IS NULL OR a.code = ANY(%(actions)s))) AS w
CROSS JOIN LATERAL (
  SELECT i.tenant, i.job, i.created_at FROM public.[[walk]]
    AND i.created_at > coalesce(%(created_after)s::timestamptz, '-infinity')
    AND i.created_at < coalesce(%(created_before)s::timestamptz, 'infinity')
    AND (i.created_at, i.tenant, i.job) < (%(at)s::timestamptz, %(of)s::int, %(job)s::int)
  ORDER BY i.created_at DESC, i.tenant DESC, i.job DESC LIMIT %(limit)s) AS f
ORDER BY f.created_at DESC, f.tenant DESC, f.job DESC LIMIT %(limit)s
"""
LISTS: Mapping[bool, LiteralString] = {
    False: LIST.replace("[[walk]]", BY_STATUS),
    True: LIST.replace("[[walk]]", BY_KIND),
}

# A tenant that is being deleted has rows for a moment longer than tables.
THERE = """
SELECT tenant FROM unnest(%s::int[]) AS t(tenant)
WHERE to_regclass('user_' || tenant || '.marketplace_jobs') IS NOT NULL
"""

ROWS: LiteralString = f"""
SELECT [[tenant]] AS tenant, j.id, j.marketplace, a.code AS action, j.status, j.product_id, j.batch_job_id AS batch_id,
  j.priority, j.error_message AS error, j.error_kind, public.error_code(j.error_fields) AS error_code,
  j.cancel_requested, j.created_at, j.started_at, j.completed_at {FROM}
WHERE j.id = ANY(ARRAY[[[ids]]]) AND (%(text)s::text IS NULL OR {SAYS})"""

TENANTS = """
SELECT tenant FROM (
SELECT DISTINCT i.tenant FROM public.marketplace_action_types a JOIN public.job_index i ON i.action = a.id
WHERE i.status = ANY(%(statuses)s::text[]) AND i.tenant >= %(since)s::int
  AND (%(marketplace)s::text IS NULL OR a.marketplace = %(marketplace)s)
  AND (%(actions)s::text[] IS NULL OR a.code = ANY(%(actions)s))
  AND (%(error_kind)s::text IS NULL OR i.kind = %(error_kind)s)
  AND (%(error_code)s::text IS NULL OR i.code = %(error_code)s)
  AND i.created_at > coalesce(%(created_after)s::timestamptz, '-infinity')
  AND i.created_at < coalesce(%(created_before)s::timestamptz, 'infinity')) AS t
WHERE to_regclass('user_' || tenant || '.marketplace_jobs') IS NOT NULL ORDER BY tenant
"""


STATUSES: LiteralString = """
SELECT i.tenant, i.job, i.status FROM unnest(%(tenants)s::int[], %(jobs)s::int[]) AS w(tenant, job)
JOIN public.job_index i ON i.tenant = w.tenant AND i.job = w.job
"""


@dataclass(frozen=True, slots=True)
class IndexedJob:
    """Where a job is, and when it was made, which is how lists over tenants are ordered."""

    tenant: TenantId
    job: JobId
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TenantJob:
    """A job in a list over tenants: what can be said of it without judging what holds it."""

    tenant: TenantId
    id: JobId
    marketplace: str
    action: str
    status: JobStatus
    product_id: int | None
    batch_id: int | None
    priority: int
    error: str | None
    error_kind: str | None
    error_code: str | None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


def find_indexed(
    connection: Connection[DictRow], *, before: IndexedJob, limit: int, **meant: Any
) -> Sequence[IndexedJob]:
    """Return jobs of any tenant made before one, newest first."""
    place = {"at": before.created_at, "of": before.tenant, "job": before.job}
    text = LISTS[meant["error_kind"] is not None]
    rows = connection.execute(text, {**meant, **place, "limit": limit})
    return [IndexedJob(**row) for row in rows]


def read_indexed(connection: Connection[DictRow], jobs: Iterable[IndexedJob], text: str | None) -> Sequence[TenantJob]:
    """Return these jobs as their tenants have them, in the same order; those gone, or that do not say it, left out."""
    places = {(each.tenant, each.job): place for place, each in enumerate(jobs)}
    wanted: dict[TenantId, list[JobId]] = defaultdict(list)
    for tenant, job in places:
        wanted[tenant].append(job)
    there = [TenantId(row["tenant"]) for row in connection.execute(THERE, [list(wanted)])]
    found: list[TenantJob] = []
    for tenant in there:
        meet(connection, tenant)
    for start in range(0, len(there), TENANTS_AT_ONCE):
        statement = _rows_of({tenant: wanted[tenant] for tenant in there[start : start + TENANTS_AT_ONCE]})
        found += [_job(row) for row in connection.execute(statement, {"text": text})]
    return sorted(found, key=lambda job: places[job.tenant, job.id])


def find_statuses(
    connection: Connection[DictRow], jobs: Sequence[tuple[TenantId, JobId]]
) -> Mapping[tuple[TenantId, JobId], JobStatus]:
    """Return the status of each of these jobs, by tenant and job; those that are gone are left out."""
    params = {"tenants": [tenant for tenant, _ in jobs], "jobs": [job for _, job in jobs]}
    rows = connection.execute(STATUSES, params)
    return {(TenantId(row["tenant"]), JobId(row["job"])): JobStatus(row["status"]) for row in rows}


def find_tenants(connection: Connection[DictRow], *, since: TenantId, **meant: Any) -> Sequence[TenantId]:
    """Return the tenants from one on that have jobs which the index says are meant, by number."""
    return [TenantId(row["tenant"]) for row in connection.execute(TENANTS, {**meant, "since": since})]


def _rows_of(wanted: Mapping[TenantId, Sequence[JobId]]) -> LiteralString:
    """Return one statement for all of them, made of integers."""
    parts = (
        ROWS.replace("{s}", schema_name(tenant))
        .replace("[[tenant]]", str(int(tenant)))
        .replace("[[ids]]", ", ".join(str(int(job)) for job in jobs))
        for tenant, jobs in wanted.items()
    )
    return cast("LiteralString", " UNION ALL ".join(parts))


def _job(row: DictRow) -> TenantJob:
    told: dict[str, Any] = {**row, "status": JobStatus(row["status"])}
    return TenantJob(**told)
