"""An end for jobs that do not come to their own: too late to begin, cancelled before anything shows, or after."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.facts.work import JobFailed
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus, sources_of
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.facts import PASSED, SUSPENDED, UNFINISHED, one_of
from stoflow.storage.engine.folded import unfold_jobs
from stoflow.storage.engine.hand_back import ONLY_OLDER, UNSERVED
from stoflow.storage.engine.statement import bind, s
from stoflow.storage.engine.verify import PLUGIN_AWAY, WAITED_ENOUGH, give_up_looks

SINCE_CANCEL = """l.id > (
      SELECT max(c.id) FROM {s}.job_timeline c WHERE c.job_id = j.id AND c.cause = 'cancel requested')"""

# Why a job does not go on, NULL where it may: what somebody must act for at once, what may pass by itself only after
# some patience.
WHY = f"""CASE
    WHEN j.status = 'pending' THEN 'Nothing of it was tried again.'
    WHEN {SUSPENDED}
      THEN 'The account is suspended.'
    WHEN c.marketplace IS NOT NULL THEN coalesce(c.reason, 'The seller must act.')
    WHEN away.is_so THEN 'The plugin is offline.'
    WHEN t.not_before > clock_timestamp() + %(longest_s)s::float8 * interval '1 second'
      OR %(enough)s <= (
        SELECT count(*) FROM {s}.job_timeline l WHERE l.job_id = j.id AND l.task = t.name
          AND l.to_status = 'pending' AND {SINCE_CANCEL})
      OR (coalesce(t.not_before <= clock_timestamp(), true)
        AND told.last_at < clock_timestamp() - %(longest_s)s::float8 * interval '1 second')
      THEN coalesce(t.error, 'Nobody went on with it.')
    WHEN told.cancelled_at > clock_timestamp() - %(patience_s)s::float8 * interval '1 second' THEN NULL
    WHEN r.marketplace IS NOT NULL THEN j.marketplace || ' refuses StoFlow itself: ' || r.detail
    WHEN {UNSERVED} THEN 'No worker that is running works for ' || j.marketplace || '.'
    WHEN {ONLY_OLDER} THEN 'Only older workers are running, which do not know all of it.' END"""

STUCK = f"""
  SELECT j.id, j.status, t.id AS task, {WHY} AS reason
  FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a ON a.id = j.action_type_id
  CROSS JOIN LATERAL (
    SELECT k.id, k.name, k.status, k.not_before, k.error FROM {s}.marketplace_tasks k
    WHERE k.job_id = j.id AND k.status NOT IN {PASSED} ORDER BY k.position LIMIT 1) AS t
  CROSS JOIN LATERAL (
    SELECT max(l.at) FILTER (WHERE l.cause = 'cancel requested') AS cancelled_at,
      max(l.at) FILTER (WHERE l.cause <> 'cancel requested') AS last_at
    FROM {s}.job_timeline l WHERE l.job_id = j.id) AS told
  LEFT JOIN {s}.connections c ON c.marketplace = j.marketplace AND c.state <> 'connected'
  LEFT JOIN public.application_refusals r ON r.marketplace = j.marketplace AND r.ended_at IS NULL
  CROSS JOIN LATERAL ({PLUGIN_AWAY}) AS away
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.status IN {UNFINISHED} AND j.cancel_requested AND j.acted
    AND t.status = 'pending'
  ORDER BY j.id FOR UPDATE OF j
"""

TASKS = """(
      SELECT coalesce(string_agg(k.name, ', ' ORDER BY k.position), 'nothing') FROM {s}.marketplace_tasks k
      WHERE k.job_id = j.id AND (k.status = 'completed') = %s)"""
DONE, NOT_DONE = TASKS.replace("%s", "true"), TASKS.replace("%s", "false")

# Each passes RUNNING, as what fails in memory does.
END = f"""
WITH stuck AS MATERIALIZED ({STUCK}), task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = 'failed', claims = t.claims + 1, completed_at = clock_timestamp(), not_before = NULL,
      error = stuck.reason, error_kind = 'unfinished'
  FROM stuck WHERE t.id = stuck.task AND t.status = 'pending' AND stuck.reason IS NOT NULL
  RETURNING t.job_id, t.name, t.claims, t.polls, stuck.reason, stuck.status AS before
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), waiting = NULL, error_kind = 'unfinished',
      error_message = 'It was cancelled when part of it was done, which stays. Done: ' || {DONE} || '. Not done: '
        || {NOT_DONE} || '. It could not go on: ' || task.reason
        || CASE WHEN j.late_until > clock_timestamp() THEN ' Its last call may still be carried out.' ELSE '' END
        || ' A retry goes on from there.'
  FROM task WHERE j.id = task.job_id
  RETURNING j.id, j.marketplace, j.action_type_id, j.request_id, j.error_message
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, NULL, 'pending', 'running', 'started', 0, NULL::jsonb FROM task WHERE before = 'pending'
  UNION ALL SELECT job_id, name, 'pending', 'running', 'run', claims, NULL FROM task
  UNION ALL SELECT job_id, name, 'running', 'failed', 'unfinished', claims, jsonb_build_object('reason', reason)
    FROM task
  UNION ALL SELECT id, NULL, 'running', 'failed', 'cancelled before it was finished', 0,
    jsonb_build_object('reason', error_message) FROM job
)
SELECT job.id AS job_id, task.name AS task, task.claims - task.polls AS attempt, job.error_message AS reason,
  'unfinished' AS kind, job.marketplace, a.code AS action, coalesce(job.request_id, 'none') AS request_id
FROM job JOIN task ON task.job_id = job.id JOIN public.marketplace_action_types a ON a.id = job.action_type_id
"""

# A job that ends unfinished will not do what is left of it, and its timeline says so.
SKIP = """
  UPDATE {s}.marketplace_tasks t SET status = 'skipped', completed_at = clock_timestamp(), not_before = NULL
  FROM job WHERE t.job_id = job.id AND t.status = 'pending' RETURNING t.job_id, t.name, t.claims
"""

# Locked first and judged by a later statement, which sees the claims committed until then: a claim that found the
# job running leaves its row as it was, so the lock alone would not tell.
IS_EXPIRING = (
    f"j.status IN {one_of(sources_of(JobStatus.EXPIRED))} AND j.expires_at <= clock_timestamp() AND NOT j.acted"
)
LOCK_EXPIRING = f"""
SELECT j.id FROM {s}.marketplace_jobs j
WHERE {IS_EXPIRING}
ORDER BY j.id LIMIT %(limit)s FOR UPDATE OF j SKIP LOCKED
"""

# A job whose outcome is being verified, or whose call is out, expires only after that is known.
EXPIRE = f"""
WITH due AS MATERIALIZED (
  SELECT j.id, j.status, j.product_id, j.marketplace FROM {s}.marketplace_jobs j
  WHERE j.id = ANY(%(jobs)s::int[])
    AND NOT EXISTS (SELECT FROM {s}.marketplace_tasks t WHERE t.job_id = j.id AND t.status = 'running')
), job AS (
  UPDATE {s}.marketplace_jobs j SET status = 'expired', completed_at = clock_timestamp(), waiting = NULL,
    error_message = 'It was not done before its time ran out.', error_kind = 'expired'
  FROM due WHERE j.id = due.id RETURNING j.id, due.status AS before, j.error_message, j.action_type_id, j.request_id
), skipped AS ({SKIP}), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt)
  SELECT job_id, name, 'pending', 'skipped', 'expired', claims FROM skipped
  UNION ALL SELECT id, NULL, before, 'expired', 'expired', 0 FROM job
)
SELECT due.id, product_id, due.marketplace, a.code AS action, job.error_message AS reason,
  coalesce(job.request_id, 'none') AS request_id
FROM due JOIN job ON job.id = due.id JOIN public.marketplace_action_types a ON a.id = job.action_type_id
"""

CANCEL = f"""
WITH due AS MATERIALIZED (
  SELECT j.id, j.status, j.product_id, j.marketplace, j.started_at FROM {s}.marketplace_jobs j
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.status IN {one_of(sources_of(JobStatus.CANCELLED))} AND j.cancel_requested
    AND NOT j.acted AND NOT EXISTS (SELECT FROM {s}.marketplace_tasks t WHERE t.job_id = j.id AND t.status = 'running')
  ORDER BY j.id FOR UPDATE OF j
), job AS (
  UPDATE {s}.marketplace_jobs j SET status = 'cancelled', completed_at = clock_timestamp(), waiting = NULL
  FROM due WHERE j.id = due.id RETURNING j.id, due.status AS before
), skipped AS ({SKIP}), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt)
  SELECT job_id, name, 'pending', 'skipped', 'cancel', claims FROM skipped
  UNION ALL SELECT id, NULL, before, 'cancelled', 'cancel', 0 FROM job
)
SELECT id, product_id, marketplace, started_at IS NOT NULL AS begun FROM due
"""

# A job that ends before anything is visible leaves the drafts of its product to the collector. What a job on a whole
# account saw hidden is no draft of its own.
DISOWN = """
WITH listing AS (
  UPDATE {s}.listings SET external_id = NULL, photos = NULL, quantity = NULL, updated_at = clock_timestamp()
  WHERE job_id = %(job)s AND product_id = %(product)s AND NOT visible AND external_id IS NOT NULL RETURNING product_id
)
INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
SELECT t.job_id, %(product)s, %(marketplace)s, t.marker, clock_timestamp()
FROM {s}.marketplace_tasks t
WHERE t.job_id = %(job)s AND t.marker IS NOT NULL AND t.status = 'completed' AND EXISTS (SELECT FROM listing)
"""


def end_cancelled(
    connection: Connection[DictRow], tenant: TenantId, jobs: Sequence[JobId], *, plugins: Sequence[str]
) -> list[JobFailed]:
    """Fail those of these jobs that were cancelled too late and will come to no end of their own; return them.

    `plugins` are the marketplaces that are asked through the seller's plugin.
    """
    unknown = give_up_looks(connection, tenant, jobs, plugins=plugins)
    statement = bind(END, tenant, jobs=list(jobs), plugins=list(plugins), **WAITED_ENOUGH)
    rows = statement.on(connection).fetchall()
    return [*unknown, *(JobFailed(tenant=tenant, job=row.pop("job_id"), **row) for row in rows)]


def expire_jobs(connection: Connection[DictRow], tenant: TenantId, *, limit: int) -> Sequence[JobFailed]:
    """Expire what may not begin any more; return what is told of each such job."""
    due = [row["id"] for row in bind(LOCK_EXPIRING, tenant, limit=limit).on(connection)]
    unfold_jobs(connection, tenant, *due)
    expired = bind(EXPIRE, tenant, jobs=due).on(connection).fetchall() if due else []
    for row in expired:
        _disown(connection, tenant, row)
    return [_expired(tenant, row) for row in expired]


def _expired(tenant: TenantId, row: Mapping[str, Any]) -> JobFailed:
    told = {name: row[name] for name in ("marketplace", "action", "reason", "request_id")}
    return JobFailed(tenant=tenant, job=row["id"], task="none", attempt=0, kind="expired", **told)


def finish_cancel(connection: Transaction, tenant: TenantId, *jobs: JobId) -> list[JobId]:
    """Cancel those of these jobs for which a cancel waits and of which nothing is out or visible; return them."""
    cancelled = bind(CANCEL, tenant, jobs=list(jobs)).on(connection).fetchall()
    for row in cancelled:
        if row["begun"]:
            _disown(connection, tenant, row)
    return [JobId(row["id"]) for row in cancelled]


def _disown(connection: Transaction, tenant: TenantId, row: Mapping[str, Any]) -> None:
    statement = bind(DISOWN, tenant, job=row["id"], product=row["product_id"], marketplace=row["marketplace"])
    statement.on(connection)
