"""What came of a tenant's jobs, counted when somebody asks: from the jobs there are, before them from kept days."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.storage.engine.statement import bind, s

# From the index alone. Only what is completed took its time: what failed, failed at once or after days of waiting.
ENDED = f"""
SELECT g.marketplace, coalesce(a.code, 'unknown') AS action, g.status, g.kind, g.jobs, g.p50_ms, g.p95_ms
FROM (
  SELECT j.marketplace, j.action_type_id, j.status, CASE WHEN j.status = 'failed' THEN j.error_kind END AS kind,
    count(*) AS jobs,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM j.completed_at - j.started_at) * 1000)
      FILTER (WHERE j.status = 'completed') AS p50_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM j.completed_at - j.started_at) * 1000)
      FILTER (WHERE j.status = 'completed') AS p95_ms
  FROM {s}.marketplace_jobs j
  WHERE j.completed_at >= %(since)s::timestamptz AND j.completed_at < %(until)s::timestamptz
    AND (%(marketplace)s::text IS NULL OR j.marketplace = %(marketplace)s)
  GROUP BY 1, 2, 3, 4
) AS g LEFT JOIN public.marketplace_action_types a ON a.id = g.action_type_id
"""

# Days of which no job is there: they are forgotten, or the old code counted them.
KEPT = f"""
SELECT k.marketplace, coalesce(a.code, 'unknown') AS action, sum(k.total_jobs)::bigint AS total,
  sum(k.success_count)::bigint AS completed, sum(k.failure_count)::bigint AS failed
FROM {s}.marketplace_job_stats k LEFT JOIN public.marketplace_action_types a ON a.id = k.action_type_id
WHERE k.date >= (%(since)s::timestamptz AT TIME ZONE 'UTC')::date
  AND k.date < (%(until)s::timestamptz AT TIME ZONE 'UTC')::date
  AND NOT EXISTS (SELECT FROM {s}.marketplace_jobs j
    WHERE j.completed_at >= k.date::timestamp AT TIME ZONE 'UTC'
      AND j.completed_at < (k.date + 1)::timestamp AT TIME ZONE 'UTC'
      AND j.marketplace = k.marketplace AND j.action_type_id = k.action_type_id)
  AND (%(marketplace)s::text IS NULL OR k.marketplace = %(marketplace)s)
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """So many jobs of one action ended in one way; `p50_ms` and `p95_ms` of those completed."""

    marketplace: str
    action: str
    status: str
    kind: str | None
    jobs: int
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of the days of which no jobs are left."""

    marketplace: str
    action: str
    total: int
    completed: int
    failed: int


def read_ended(
    connection: Connection[DictRow], tenant: TenantId, *, since: datetime, until: datetime, marketplace: str | None
) -> list[Ended]:
    """Return what ended from `since` to before `until`."""
    found = bind(ENDED, tenant, since=since, until=until, marketplace=marketplace).on(connection)
    return [Ended(**row) for row in found]


def read_kept(
    connection: Connection[DictRow], tenant: TenantId, *, since: datetime, until: datetime, marketplace: str | None
) -> list[Kept]:
    """Return what is kept of the days, whole ones, of which no jobs are left."""
    return [Kept(**row) for row in bind(KEPT, tenant, since=since, until=until, marketplace=marketplace).on(connection)]
