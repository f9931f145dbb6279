"""What a look leaves of its task: to be looked for again, or, where a cancel has waited long enough, nothing."""

from psycopg.types.json import Jsonb

from stoflow.domain.ids import TaskId, TenantId
from stoflow.domain.retry import LOOKS_AFTER_CANCEL
from stoflow.storage.engine.statement import Statement, bind

SETTLE_VERIFYING = """
WITH task AS (
  UPDATE {s}.marketplace_tasks
  SET claimed_by = NULL, deadline = NULL, looks = %(looks)s, error = %(reason)s, error_kind = 'verifying',
      look_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s
  RETURNING job_id, name, claims
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, cause, attempt, detail)
  SELECT job_id, name, %(cause)s, claims, %(detail)s FROM task
)
SELECT job_id FROM task
"""

# Whoever cancels may not wait for ever for an answer that nobody gives. The look stays owed: a retry begins with it.
# A draft that may have been made under a marker is collected.
SETTLE_UNTOLD = """
WITH told AS MATERIALIZED (
  SELECT t.id, j.cancel_requested AND (%(at_once)s OR %(enough)s <= 1 + (
    SELECT count(*) FROM {s}.job_timeline l WHERE l.job_id = j.id AND l.task = t.name AND l.cause = %(cause)s
      AND l.id > (SELECT max(c.id) FROM {s}.job_timeline c WHERE c.job_id = j.id AND c.cause = 'cancel requested')
  )) AS given_up
  FROM {s}.marketplace_tasks t JOIN {s}.marketplace_jobs j ON j.id = t.job_id
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s FOR UPDATE OF j, t
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET claimed_by = NULL, deadline = NULL, error = %(reason)s,
      status = CASE WHEN told.given_up THEN 'failed' ELSE 'running' END,
      error_kind = CASE WHEN told.given_up THEN 'unverified' ELSE 'verifying' END,
      look_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  FROM told WHERE t.id = told.id RETURNING t.job_id, t.name, t.claims, t.marker, told.given_up
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), waiting = NULL, error_kind = 'unverified',
      error_message = 'What was done is not known, and it was cancelled before anybody could tell: ' || %(reason)s
  FROM task WHERE j.id = task.job_id AND task.given_up RETURNING j.id, j.product_id, j.marketplace
), stray AS (
  INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
  SELECT job.id, job.product_id, job.marketplace, task.marker,
         clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  FROM task, job WHERE %(marked)s AND task.marker IS NOT NULL
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, CASE WHEN given_up THEN 'running' END, CASE WHEN given_up THEN 'failed' END,
         %(cause)s, claims, %(detail)s FROM task
  UNION ALL SELECT id, NULL, 'running', 'failed', 'cancelled before it was known', 0, %(detail)s FROM job
)
SELECT given_up FROM task
"""


def settle_verifying(
    tenant: TenantId, task: TaskId, claims: int, *, reason: str, delay_s: float, looks: int, cause: str
) -> Statement:
    """Leave the task RUNNING, to be looked for after `delay_s`; no row: fenced."""
    return bind(
        SETTLE_VERIFYING,
        tenant,
        task=task,
        claims=claims,
        reason=reason,
        delay_s=delay_s,
        looks=looks,
        cause=cause,
        detail=Jsonb({"reason": reason}),
    )


def settle_untold(
    tenant: TenantId,
    task: TaskId,
    claims: int,
    *,
    reason: str,
    delay_s: float,
    cause: str,
    marked: bool,
    at_once: bool,
) -> Statement:
    """Look again after `delay_s`, unless the job is to be cancelled and enough looks since could not tell: then it
    fails, as it does `at_once` where none could. Answers `given_up`; no row: fenced."""
    return bind(
        SETTLE_UNTOLD,
        tenant,
        task=task,
        claims=claims,
        reason=reason,
        delay_s=delay_s,
        cause=cause,
        marked=marked,
        at_once=at_once,
        enough=LOOKS_AFTER_CANCEL,
        detail=Jsonb({"reason": reason}),
    )
