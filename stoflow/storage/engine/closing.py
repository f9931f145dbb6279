"""Closes: how a job ends with what its run has done in memory, completed or failed."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from stoflow.domain.ids import Epoch, JobId, TaskId, TenantId
from stoflow.domain.outcome import FieldError
from stoflow.storage.engine.claiming import Unrecorded, recording, unrecorded_params
from stoflow.storage.engine.settling import fields_json
from stoflow.storage.engine.statement import Parts, Statement, bind, composed

# A job that fails at an inner task, which makes no claim of its own.
FAILING: Parts = (
    (
        "failed",
        """failed AS (
  UPDATE {s}.marketplace_tasks t
  SET status = 'failed', claims = t.claims + 1, started_at = coalesce(t.started_at, clock_timestamp()),
      completed_at = clock_timestamp(), error = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s
  FROM was WHERE t.id = %(failed_task)s AND t.job_id = was.id AND t.status = 'pending'
  RETURNING t.name, t.claims, t.started_at
), """,
    ),
    (
        "failed lines",
        """SELECT %(job)s, name, started_at, 'pending', 'running', 'run', claims FROM failed
    UNION ALL SELECT %(job)s, name, clock_timestamp(), 'running', 'failed', %(kind)s, claims FROM failed
    UNION ALL """,
    ),
)
COMPLETING: Parts = (("all done", "OR b.status NOT IN ('completed', 'skipped')"),)

# Closes a job whose remaining tasks are inner ones; a job that never claimed anything passes RUNNING here.
CLOSE = """
WITH [[settled]]was AS MATERIALIZED (
  SELECT j.id, j.status, j.cancel_requested FROM {s}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND (j.acted OR NOT j.cancel_requested)
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    [[if settled]]
    AND NOT EXISTS (
      SELECT FROM {s}.marketplace_tasks b WHERE b.job_id = j.id [[but inner]] [[but settled]]
        AND (b.status = 'running' [[all done]]))
  FOR UPDATE OF j
), [[inner]][[failed]]job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = %(status)s, started_at = coalesce(j.started_at, clock_timestamp()), completed_at = clock_timestamp(),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s,
      waiting = NULL
  FROM was WHERE j.id = was.id
  RETURNING j.id, was.status AS before, was.cancel_requested
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, at, from_status, to_status, cause, attempt, detail)
  SELECT *, CASE WHEN to_status = 'failed' THEN %(detail)s::jsonb END FROM (
    [[settled line]]SELECT %(job)s, NULL::text, clock_timestamp(), 'pending', 'running', 'started', 0
      FROM job WHERE before = 'pending'
    UNION ALL [[inner lines]][[failed lines]]SELECT %(job)s, NULL, clock_timestamp(), 'running', %(status)s,
      CASE WHEN cancel_requested THEN 'cancel came too late' ELSE %(cause)s END, 0 FROM job
  ) AS lines (job_id, task, at, from_status, to_status, cause, attempt)
)
SELECT (SELECT id FROM job) AS id[[is settled]]
"""


def close_completed(
    tenant: TenantId, job: JobId, epoch: Epoch, *, unrecorded: Unrecorded, result: Mapping[str, Any]
) -> Statement:
    """Complete the job with its last inner tasks; answers as a claim does, with the job's `id`."""
    columns = {"status": "completed", "result": Jsonb(dict(result)), "cause": "done"}
    return _close(COMPLETING, tenant, job, epoch, unrecorded, columns)


def close_failed(
    tenant: TenantId,
    job: JobId,
    epoch: Epoch,
    *,
    unrecorded: Unrecorded,
    task: TaskId,
    reason: str,
    kind: str,
    errors: Sequence[FieldError] = (),
) -> Statement:
    """Fail the job at an inner task; answers as a claim does, with the job's `id`."""
    columns = {
        "status": "failed",
        "cause": kind,
        "failed_task": task,
        "reason": reason,
        "kind": kind,
        "fields": fields_json(errors),
        "detail": Jsonb({"reason": reason}),
    }
    return _close(FAILING, tenant, job, epoch, unrecorded, columns)


def _close(
    parts: Parts, tenant: TenantId, job: JobId, epoch: Epoch, unrecorded: Unrecorded, columns: Mapping[str, Any]
) -> Statement:
    text = composed(CLOSE, *parts, *recording(unrecorded, after="was"))
    empty = dict.fromkeys(("reason", "kind", "fields", "result", "detail"))
    return bind(text, tenant, job=job, epoch=epoch, **{**empty, **columns, **unrecorded_params(unrecorded)})
