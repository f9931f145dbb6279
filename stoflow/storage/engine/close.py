"""Closes: how a job ends with what its run has done in memory, completed or failed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from stoflow.domain.ids import Epoch, JobId, TaskId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.outcome import FieldError
from stoflow.storage.engine.claim import IN_LINE
from stoflow.storage.engine.facts import telling
from stoflow.storage.engine.lines import Line, recorded_lines
from stoflow.storage.engine.recorded import Granted, because, fields_json
from stoflow.storage.engine.statement import Parts, Statement, bind, composed, s
from stoflow.storage.engine.unrecorded import Unrecorded, recording, unrecorded_params

# A job that fails at an inner task, which makes no claim of its own, while nobody is at another one. Of a retried task
# `started_at` is the first time, and its line has the time of this one.
FAILING: Parts = (
    (
        "none runs",
        """AND NOT EXISTS (
      SELECT FROM {s}.marketplace_tasks b
      WHERE b.job_id = j.id AND b.status = 'running' AND b.id IS DISTINCT FROM %(after)s::int)""",
    ),
    (
        "failed",
        """failed AS (
  UPDATE {s}.marketplace_tasks t
  SET status = 'failed', claims = t.claims + 1, completed_at = (SELECT at FROM job),
      started_at = coalesce(t.started_at, (SELECT at FROM job) - %(last_ago_s)s::float8 * interval '1 second'),
      error = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s
  WHERE t.id = %(failed_task)s AND t.job_id = %(job)s AND t.status = 'pending' AND EXISTS (SELECT FROM job)
  RETURNING t.claims
), """,
    ),
    ("failed of line", " LEFT JOIN failed f ON l.part = 'failed'"),
    ("failed attempt", "f.claims, "),
    ("failed line", "WHEN 'failed' THEN f.claims IS NOT NULL"),
    ("detail", ", detail"),
    ("failed detail", ",\n    CASE WHEN l.after = 'failed' THEN %(detail)s::jsonb END"),
)

# Closes a job whose remaining tasks are inner ones, done by this run or before it; done stays done. `before` is the
# status that the run knows it in: one that never claimed anything passes RUNNING here.
CAUSE = "CASE WHEN l.part = 'own' AND (SELECT cancel_requested FROM job) THEN 'cancel came too late' ELSE l.cause END"
CLOSE = f"""
WITH [[settled]]job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = %(status)s::text, (completed_at, started_at) = (
        SELECT now.at, coalesce(j.started_at, now.at - %(begun_ago_s)s::float8 * interval '1 second')
        FROM (SELECT clock_timestamp() AS at) AS now),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s,
      waiting = NULL, told = NOT j.told
  WHERE j.id = %(job)s AND j.status = %(before)s AND (j.acted OR NOT j.cancel_requested)
    AND public.is_owned_under(%(tenant)s, %(epoch)s) [[in line]] [[if settled]] [[none runs]]
  RETURNING j.completed_at AS at, j.cancel_requested, {telling("%(status)s::text")}
), [[inner]][[failed]]{recorded_lines("job", cause=CAUSE)}
SELECT EXISTS (SELECT FROM job) AS granted[[is settled]]
"""
BEGUN: Parts = (("begun line", "WHEN 'begun' THEN EXISTS (SELECT FROM job)"),)


@dataclass(frozen=True, slots=True)
class Closing:
    """A job to be closed in the status `before`, in which the run knows it, with what the run did in memory.

    One on a product that ends without a claim is `in_line` for it all the same: what was found before its turn may be
    otherwise then.
    """

    tenant: TenantId
    job: JobId
    epoch: Epoch
    before: JobStatus
    unrecorded: Unrecorded
    in_line: bool = True  # the job is on a product

    @property
    def line(self) -> Parts:
        """Return what lets it end only when its turn has come, nothing where it came with a claim."""
        return IN_LINE if self.in_line and self.before is JobStatus.PENDING else ()

    def statement(
        self, status: JobStatus, then: Sequence[Line], parts: Parts, *, begun_s: float | None = None, **columns: Any
    ) -> Statement[Granted]:
        """Return what closes it in this status; `then` are the lines that say so."""
        begins = self.before is JobStatus.PENDING
        recorded = recording(self.unrecorded, after="job")
        return bind(
            composed(CLOSE, *parts, *self.line, *(BEGUN if begins else ()), *recorded),
            self.tenant,
            job=self.job,
            epoch=self.epoch,
            before=self.before,
            status=status,
            **columns,
            **unrecorded_params(self.unrecorded, begins=begins, then=then, begun_s=begun_s),
        ).answering(Granted.of)


def close_completed(closing: Closing, result: Mapping[str, Any]) -> Statement[Granted]:
    """Complete the job with its last inner tasks."""
    done = Line("own", None, "running", "completed", "done")
    empty = dict.fromkeys(("reason", "kind", "fields"))
    return closing.statement(JobStatus.COMPLETED, [done], (), result=Jsonb(dict(result)), **empty)


def close_failed(
    closing: Closing,
    *,
    task: TaskId,
    name: str,
    begun_s: float,
    reason: str,
    kind: str,
    errors: Sequence[FieldError] = (),
) -> Statement[Granted]:
    """Fail the job at an inner task, begun at a monotonic time."""
    last_ago_s = time.monotonic() - begun_s
    lines = [
        Line("failed", name, "pending", "running", "run", last_ago_s),
        Line("failed", name, "running", "failed", kind),
        Line("own", None, "running", "failed", kind),
    ]
    return closing.statement(
        JobStatus.FAILED,
        lines,
        FAILING,
        begun_s=begun_s,
        result=None,
        failed_task=task,
        last_ago_s=last_ago_s,
        **because(reason),
        kind=kind,
        fields=fields_json(errors),
    )
