"""Closes: how a job ends with what its run has done in memory, completed or failed."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from stoflow.domain.ids import Epoch, JobId, TaskId, TenantId
from stoflow.domain.outcome import FieldError
from stoflow.storage.engine.facts import CHANGED, PASSED, UNFINISHED, telling
from stoflow.storage.engine.recorded import Granted, fields_json
from stoflow.storage.engine.statement import Parts, Statement, bind, composed, s
from stoflow.storage.engine.unrecorded import Unrecorded, recording, unrecorded_params

# A job that fails at an inner task, which makes no claim of its own. Of a retried task `started_at` is the first time,
# and its line has the time of this one.
FAILING: Parts = (
    (
        "failed",
        """failed AS (
  UPDATE {s}.marketplace_tasks t
  SET status = 'failed', claims = t.claims + 1, completed_at = now.at,
      started_at = coalesce(t.started_at, now.at - %(last_ago_s)s::float8 * interval '1 second'),
      error = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s
  FROM was, now WHERE t.id = %(failed_task)s AND t.job_id = was.id AND t.status = 'pending'
  RETURNING t.name, t.claims
), """,
    ),
    (
        "failed lines",
        """SELECT %(job)s, name, now.at - %(last_ago_s)s::float8 * interval '1 second', 'pending', 'running', 'run',
      claims FROM failed, now
    UNION ALL SELECT %(job)s, name, now.at, 'running', 'failed', %(kind)s, claims FROM failed, now
    UNION ALL """,
    ),
)
COMPLETING: Parts = (("all done", f"OR b.status NOT IN {PASSED}"),)

# Closes a job whose remaining tasks are inner ones; a job that never claimed anything passes RUNNING here.
CLOSE = f"""
WITH [[settled]]was AS MATERIALIZED (
  SELECT j.id, j.status, j.cancel_requested FROM {s}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN {UNFINISHED} AND (j.acted OR NOT j.cancel_requested)
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    [[if settled]]
    AND NOT EXISTS (
      SELECT FROM {s}.marketplace_tasks b WHERE b.job_id = j.id [[but inner]] [[but settled]]
        AND (b.status = 'running' [[all done]]))
  FOR UPDATE OF j
), now AS MATERIALIZED (
  SELECT clock_timestamp() AS at FROM was
), [[inner]][[failed]]job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = %(status)s, completed_at = now.at,
      started_at = coalesce(j.started_at, now.at - %(begun_ago_s)s::float8 * interval '1 second'),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s,
      waiting = NULL, told = NOT j.told
  FROM was, now WHERE j.id = was.id
  RETURNING {CHANGED}, was.status AS before, was.cancel_requested
), {telling("%(status)s")}said AS (
  INSERT INTO {s}.job_timeline (job_id, task, at, from_status, to_status, cause, attempt, detail)
  SELECT *, CASE WHEN to_status = 'failed' THEN %(detail)s::jsonb END FROM (
    [[settled line]]SELECT %(job)s, NULL::text, now.at - %(begun_ago_s)s::float8 * interval '1 second', 'pending',
      'running', 'started', 0 FROM job, now WHERE before = 'pending'
    UNION ALL [[inner lines]][[failed lines]]SELECT %(job)s, NULL, now.at, 'running', %(status)s,
      CASE WHEN cancel_requested THEN 'cancel came too late' ELSE %(cause)s END, 0 FROM job, now
  ) AS lines (job_id, task, at, from_status, to_status, cause, attempt)
)
SELECT EXISTS (SELECT FROM job) AS granted[[is settled]]
"""


def close_completed(
    tenant: TenantId, job: JobId, epoch: Epoch, *, unrecorded: Unrecorded, result: Mapping[str, Any]
) -> Statement[Granted]:
    """Complete the job with its last inner tasks."""
    columns = {"status": "completed", "result": Jsonb(dict(result)), "cause": "done"}
    empty = dict.fromkeys(("reason", "kind", "fields", "detail"))
    text = composed(CLOSE, *COMPLETING, *recording(unrecorded, after="was"))
    return bind(text, tenant, job=job, epoch=epoch, **columns, **empty, **unrecorded_params(unrecorded)).answering(
        Granted.of
    )


def close_failed(
    tenant: TenantId,
    job: JobId,
    epoch: Epoch,
    *,
    unrecorded: Unrecorded,
    task: TaskId,
    begun_s: float,
    reason: str,
    kind: str,
    errors: Sequence[FieldError] = (),
) -> Statement[Granted]:
    """Fail the job at an inner task, begun at a monotonic time."""
    columns = {
        "status": "failed",
        "cause": kind,
        "failed_task": task,
        "reason": reason,
        "kind": kind,
        "fields": fields_json(errors),
        "detail": Jsonb({"reason": reason}),
    }
    text = composed(CLOSE, *FAILING, *recording(unrecorded, after="was"))
    params = unrecorded_params(unrecorded, begun_s=begun_s)
    return bind(text, tenant, job=job, epoch=epoch, result=None, **columns, **params).answering(Granted.of)
