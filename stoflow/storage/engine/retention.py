"""What is forgotten of jobs that ended long ago: all that was kept of them, and batches of which none is left."""

from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES
from stoflow.storage.engine.facts import UNFINISHED, one_of
from stoflow.storage.engine.statement import bind, s

FINAL = one_of(FINAL_JOB_STATUSES)

# By whole days: what is told of one from its jobs is not told of half of them.
BEFORE = "date_trunc('day', clock_timestamp() - %(days)s::float8 * interval '1 day', 'UTC')"

# Jobs are looked at in the order in which they were made, a page at a time: what is old is at the beginning. A call
# that may still be carried out late and a draft that is looked for keep their job, and so does an unfinished batch,
# whose progress is counted from its jobs.
OLD = f"""
WITH page AS MATERIALIZED (
  SELECT id, created_at FROM {s}.marketplace_jobs WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
), old AS MATERIALIZED (
  SELECT j.id FROM page JOIN {s}.marketplace_jobs j ON j.id = page.id
  WHERE coalesce(j.completed_at, j.created_at) < {BEFORE}
    AND j.status IN {FINAL} AND (j.late_until IS NULL OR j.late_until <= clock_timestamp())
    AND NOT EXISTS (SELECT FROM {s}.strays d WHERE d.job_id = j.id)
    AND NOT EXISTS (
      SELECT FROM {s}.marketplace_jobs b WHERE b.batch_job_id = j.batch_job_id AND b.status IN {UNFINISHED})
  ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
)"""
SUMMARY = f"""
SELECT (SELECT count(*) FROM page) AS seen, (SELECT max(id) FROM page) AS last,
  (SELECT bool_and(created_at < {BEFORE}) FROM page) AS all_old,
  (SELECT count(*) FROM {{forgotten}}) AS forgotten"""

COUNT_OLD = OLD + SUMMARY.replace("{forgotten}", "old")
FORGET_OLD = f"""{OLD}, commands AS (
  DELETE FROM {s}.plugin_commands c USING {s}.marketplace_tasks t, old WHERE t.job_id = old.id AND c.task_id = t.id
), calls AS (
  DELETE FROM {s}.job_calls c USING old WHERE c.job_id = old.id
), gone AS (
  DELETE FROM {s}.marketplace_jobs j USING old WHERE j.id = old.id RETURNING j.id
){SUMMARY.replace("{forgotten}", "gone")}"""

FORGET_EMPTY_BATCHES = f"""
DELETE FROM {s}.batch_jobs b
WHERE coalesce(b.completed_at, b.created_at) < {BEFORE}
  AND NOT EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.batch_job_id = b.id)
"""


@dataclass(frozen=True, slots=True)
class ForgottenPage:
    """`forgotten` jobs of one page; `last` is where the next one begins, None where there is nothing old behind it."""

    forgotten: int
    last: JobId | None


def forget_old_jobs(
    connection: Connection[DictRow], tenant: TenantId, *, days: float, after: JobId, limit: int, only_count: bool
) -> ForgottenPage:
    """Forget what ended more than `days` ago of the next `limit` jobs behind `after`; or only count it."""
    statement = bind(COUNT_OLD if only_count else FORGET_OLD, tenant, days=days, after=after, limit=limit)
    row = statement.on(connection).fetchone()
    assert row is not None
    goes_on = row["seen"] == limit and row["all_old"]
    return ForgottenPage(row["forgotten"], JobId(row["last"]) if goes_on else None)


def forget_empty_batches(connection: Connection[DictRow], tenant: TenantId, *, days: float) -> None:
    """Forget batches of which no job is left."""
    bind(FORGET_EMPTY_BATCHES, tenant, days=days).on(connection)
