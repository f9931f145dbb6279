"""Days that are over, one row each for marketplace and action: written in bulk, never on the way of a job."""

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.storage.engine.facts import one_of
from stoflow.storage.engine.statement import bind, s

FAILED = one_of({JobStatus.FAILED, JobStatus.EXPIRED})

# From the day after the last one kept: a day is over, and what is retried later ends on another.
KEEP_DAYS = f"""
INSERT INTO {s}.marketplace_job_stats
  (marketplace, action_type_id, date, total_jobs, success_count, failure_count, avg_duration_ms)
SELECT j.marketplace, j.action_type_id, (j.completed_at AT TIME ZONE 'UTC')::date, count(*),
  count(*) FILTER (WHERE j.status = 'completed'), count(*) FILTER (WHERE j.status IN {FAILED}),
  round(avg(extract(epoch FROM j.completed_at - j.started_at) * 1000) FILTER (WHERE j.status = 'completed'))
FROM {s}.marketplace_jobs j
WHERE j.completed_at >= coalesce((SELECT (max(k.date) + 1)::timestamp AT TIME ZONE 'UTC'
    FROM {s}.marketplace_job_stats k), '-infinity')
  AND j.completed_at < date_trunc('day', clock_timestamp(), 'UTC') AND j.action_type_id IS NOT NULL
GROUP BY 1, 2, 3
ON CONFLICT (marketplace, action_type_id, date) DO NOTHING
"""


def keep_days(connection: Connection[DictRow], tenant: TenantId) -> int:
    """Keep the days that are over; return how many rows were made."""
    return bind(KEEP_DAYS, tenant).on(connection).rowcount
