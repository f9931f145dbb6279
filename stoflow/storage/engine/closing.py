"""Closes: how a job ends with what its run has done in memory, completed or failed."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from stoflow.domain.ids import Epoch, JobId, TaskId, TenantId
from stoflow.domain.outcome import FieldError
from stoflow.storage.engine.claiming import INNER_ROWS, STANDS, Unrecorded, unrecorded_params
from stoflow.storage.engine.settling import fields_json
from stoflow.storage.engine.statement import Statement, bind

# Closes a job whose remaining tasks are inner ones; a job that never claimed anything passes RUNNING here.
CLOSE = f"""
WITH was AS MATERIALIZED (
  SELECT j.id, j.status, j.cancel_requested FROM {{s}}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND (j.acted OR NOT j.cancel_requested)
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    AND {STANDS}
    AND NOT EXISTS (
      SELECT FROM {{s}}.marketplace_tasks b WHERE b.job_id = j.id AND b.id <> ALL(%(inner_ids)s::int[])
        AND (b.status = 'running' OR (b.status NOT IN ('completed', 'skipped') AND %(failed_task)s::int IS NULL)))
  FOR UPDATE OF j
), inner_done AS (
  UPDATE {{s}}.marketplace_tasks i
  SET status = 'completed', output = r.output, input_digest = r.digest, started_at = r.started_at,
      completed_at = r.completed_at, claims = i.claims + 1
  FROM {INNER_ROWS}, was WHERE i.id = r.id AND i.job_id = was.id AND i.status = 'pending'
  RETURNING i.name, i.claims, i.started_at, i.completed_at
), failed AS (
  UPDATE {{s}}.marketplace_tasks t
  SET status = 'failed', claims = t.claims + 1, started_at = coalesce(t.started_at, clock_timestamp()),
      completed_at = clock_timestamp(), error = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s
  FROM was WHERE t.id = %(failed_task)s AND t.job_id = was.id AND t.status = 'pending'
  RETURNING t.name, t.claims, t.started_at
), job AS (
  UPDATE {{s}}.marketplace_jobs j
  SET status = %(status)s, started_at = coalesce(j.started_at, clock_timestamp()), completed_at = clock_timestamp(),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s,
      waiting = NULL
  FROM was WHERE j.id = was.id
  RETURNING j.id, was.status AS before, was.cancel_requested
), said AS (
  INSERT INTO {{s}}.job_timeline (job_id, task, at, from_status, to_status, cause, attempt, detail)
  SELECT * FROM (
    SELECT %(job)s, NULL::text, clock_timestamp(), 'pending', 'running', 'started', 0, NULL::jsonb
      FROM job WHERE before = 'pending'
    UNION ALL SELECT %(job)s, name, started_at, 'pending', 'running', 'run', claims, NULL FROM inner_done
    UNION ALL SELECT %(job)s, name, completed_at, 'running', 'completed', 'done', claims, NULL FROM inner_done
    UNION ALL SELECT %(job)s, name, started_at, 'pending', 'running', 'run', claims, NULL FROM failed
    UNION ALL SELECT %(job)s, name, clock_timestamp(), 'running', 'failed', %(kind)s, claims, %(detail)s FROM failed
    UNION ALL SELECT %(job)s, NULL, clock_timestamp(), 'running', %(status)s,
      CASE WHEN cancel_requested THEN 'cancel came too late' ELSE %(cause)s END, 0, %(detail)s FROM job
  ) AS lines
)
SELECT id FROM job
"""


def close_completed(
    tenant: TenantId, job: JobId, epoch: Epoch, *, unrecorded: Unrecorded, result: Mapping[str, Any]
) -> Statement:
    """Complete the job with its last inner tasks; no row where it may not be (any more)."""
    return _close(
        tenant, job, epoch, unrecorded=unrecorded, status="completed", result=Jsonb(dict(result)), cause="done"
    )


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
    """Fail the job at an inner task."""
    return _close(
        tenant,
        job,
        epoch,
        unrecorded=unrecorded,
        status="failed",
        cause=kind,
        failed_task=task,
        reason=reason,
        kind=kind,
        fields=fields_json(errors),
        detail=Jsonb({"reason": reason}),
    )


def _close(tenant: TenantId, job: JobId, epoch: Epoch, *, unrecorded: Unrecorded, **columns: Any) -> Statement:
    empty = dict.fromkeys(("failed_task", "reason", "kind", "fields", "result", "detail"))
    return bind(CLOSE, tenant, job=job, epoch=epoch, **{**empty, **columns, **unrecorded_params(unrecorded)})
