"""Settles: what an attempt's outcome writes, only where its `claims` are still the task's."""

from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from stoflow.domain.ids import TaskId, TenantId
from stoflow.domain.outcome import Done, FieldError, Listed
from stoflow.domain.retry import DEATHS_UNTIL_QUARANTINE
from stoflow.storage.engine.recorded import Recorded, because, fields_json, photos_json, settling
from stoflow.storage.engine.statement import Parts, Statement, composed, s

# What every settle of a done attempt begins and ends with: the fence, and the line in the timeline.
TASK = """task AS (
  UPDATE {s}.marketplace_tasks
  SET status = 'completed', output = %(output)s, completed_at = clock_timestamp(), claimed_by = NULL,
      deadline = NULL, look_at = NULL, error = NULL, error_kind = NULL
  WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s
  RETURNING job_id, name, claims, marker, output
)"""
WARNED = "CASE WHEN output ? 'warnings' THEN jsonb_build_object('warnings', output -> 'warnings') END"
SAID = f"""said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', 'completed', %(cause)s, claims, {WARNED} FROM task
)"""

# What became of a listing that is no longer there, beside a `job`: the product's record of it, where it is that one,
# and what a sync saw of it; sold is sold. Whose it was is kept although no sync saw it: somebody may have bought it
# before, of which the order comes later, and where listings carry no SKU nothing else tells whose it is.
FORGOTTEN = """, remembered AS (
  INSERT INTO {s}.remote_listings (marketplace, external_id, product_id, state, title, price, currency, url)
  SELECT l.marketplace, l.external_id, p.id, 'gone', p.title, p.price, p.currency, coalesce(l.url, '')
  FROM job
  JOIN {s}.listings l ON l.product_id = job.product_id AND l.marketplace = job.marketplace
    AND l.external_id = %(ended)s AND l.visible
  JOIN {s}.products p ON p.id = l.product_id
  ON CONFLICT (marketplace, external_id) DO NOTHING
), listing AS (
  UPDATE {s}.listings l
  SET external_id = NULL, visible = false, url = NULL, photos = NULL, quantity = NULL, job_id = job.id,
      updated_at = clock_timestamp()
  FROM job
  WHERE l.product_id = job.product_id AND l.marketplace = job.marketplace AND l.external_id = %(ended)s
)"""
GONE = """, remote AS (
  UPDATE {s}.remote_listings r SET state = 'gone', seen_at = clock_timestamp()
  FROM job WHERE r.marketplace = job.marketplace AND r.external_id = %(ended)s AND r.state <> 'sold'
)"""
WHERE_ENDED: Parts = (("ended", FORGOTTEN + GONE),)
WHERE_REPLACED: Parts = (("gone", GONE),)

# What the attempt that was looked for in vain was told: the last word of a job that ends so must not be silence.
TOLD = """ || coalesce(' It was told before: ' || (
        SELECT w.detail ->> 'reason' FROM {s}.job_timeline w
        WHERE w.job_id = t.job_id AND w.task = t.name AND w.cause = 'outcome unknown'
        ORDER BY w.id DESC LIMIT 1), '')"""
WHERE_ABSENT: Parts = (("told", TOLD),)

SETTLE_DONE = f"""
WITH {TASK}, job AS MATERIALIZED (
  SELECT j.cancel_requested, j.acted FROM {s}.marketplace_jobs j, task WHERE j.id = task.job_id FOR UPDATE OF j
), {SAID}
SELECT cancel_requested AND NOT acted AS cancelled FROM job
"""

# What others have seen is done, whatever is asked afterwards.
SETTLE_ACTED = f"""
WITH {TASK}, acted AS (
  UPDATE {s}.marketplace_jobs j SET acted = true FROM task WHERE j.id = task.job_id RETURNING j.id
), {SAID}
SELECT false AS cancelled FROM acted
"""

# The first external id recorded for a product stays, unless it ended and this one takes its place: a second draft
# becomes an orphan, deleted later by its marker. What another product has there is not taken from it: nothing is
# recorded then, and the job goes on without a listing. Beside a `task` with its marker, and its `job`.
LISTED = """listing AS (
  INSERT INTO {s}.listings AS l (product_id, marketplace, external_id, visible, url, photos, quantity, job_id)
  SELECT product_id, marketplace, %(external_id)s, %(visible)s, %(url)s, %(photos)s, %(quantity)s, id FROM job
  WHERE product_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM {s}.listings o
    WHERE o.marketplace = job.marketplace AND o.external_id = %(external_id)s AND o.product_id <> job.product_id)
  ON CONFLICT (product_id, marketplace) DO UPDATE
    SET external_id = coalesce(nullif(l.external_id, %(replaces)s), EXCLUDED.external_id),
        updated_at = clock_timestamp(),
        visible = CASE WHEN coalesce(nullif(l.external_id, %(replaces)s), EXCLUDED.external_id) = EXCLUDED.external_id
                       THEN EXCLUDED.visible OR l.visible ELSE l.visible END,
        url = coalesce(nullif(EXCLUDED.url, ''), l.url), photos = coalesce(EXCLUDED.photos, l.photos),
        quantity = CASE WHEN coalesce(nullif(l.external_id, %(replaces)s), EXCLUDED.external_id) = EXCLUDED.external_id
                        THEN coalesce(EXCLUDED.quantity, l.quantity) ELSE l.quantity END,
        job_id = EXCLUDED.job_id
  RETURNING external_id, visible
)[[gone]], orphan AS (
  INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
  SELECT job.id, job.product_id, job.marketplace, task.marker, clock_timestamp()
  FROM task, job, listing WHERE listing.external_id <> %(external_id)s AND %(marked)s
)"""

SETTLE_LISTED = f"""
WITH {TASK}, job AS MATERIALIZED (
  SELECT j.id, j.product_id, j.marketplace, j.cancel_requested, j.acted
  FROM {s}.marketplace_jobs j, task WHERE j.id = task.job_id FOR UPDATE OF j
), {LISTED}, seen AS (
  UPDATE {s}.marketplace_jobs j SET acted = true FROM job, listing WHERE j.id = job.id AND listing.visible
), {SAID}
SELECT job.cancel_requested AND NOT (job.acted OR coalesce((SELECT visible FROM listing), false)) AS cancelled,
       (SELECT external_id FROM listing) AS external_id
FROM job
"""

# What was recorded of another listing of the product stays: only the one that ended is forgotten.
SETTLE_ENDED = f"""
WITH {TASK}, job AS MATERIALIZED (
  SELECT j.id, j.product_id, j.marketplace FROM {s}.marketplace_jobs j, task WHERE j.id = task.job_id FOR UPDATE OF j
){FORGOTTEN}{GONE}, acted AS (
  UPDATE {s}.marketplace_jobs j SET acted = true FROM job WHERE j.id = job.id
), {SAID}
SELECT false AS cancelled, '' AS external_id FROM job
"""

# `failures` decides in SQL whether another try is left, so that no reader's old count can grant one too many.
SETTLE_BACK = """
WITH task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = CASE WHEN (t.failures + %(charge)s > j.max_retries OR t.deaths >= %(quarantine)s)
                      AND NOT (j.cancel_requested AND NOT j.acted) THEN 'failed' ELSE 'pending' END,
      failures = t.failures + %(charge)s, claimed_by = NULL, deadline = NULL, look_at = NULL,
      not_before = clock_timestamp() + %(delay_s)s::float8 * interval '1 second',
      absences = t.absences + %(absences)s, output = NULL, error = %(reason)s[[told]],
      error_kind = CASE WHEN t.deaths >= %(quarantine)s THEN 'poison' ELSE %(kind)s END
  FROM {s}.marketplace_jobs j
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s AND j.id = t.job_id
  RETURNING t.job_id, t.name, t.claims, t.status, t.marker, t.error, t.error_kind
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = CASE WHEN task.status = 'failed' THEN 'failed' ELSE j.status END, waiting = %(waiting)s,
      completed_at = CASE WHEN task.status = 'failed' THEN clock_timestamp() END,
      error_message = task.error, error_kind = task.error_kind,
      late_until = greatest(j.late_until, clock_timestamp() + %(late_s)s::float8 * interval '1 second')
  FROM task WHERE j.id = task.job_id
  RETURNING j.id, j.status, j.cancel_requested AND NOT j.acted AS cancelled, j.product_id, j.marketplace, j.error_kind
)[[ended]], orphan AS (
  INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
  SELECT job.id, job.product_id, job.marketplace, task.marker,
         clock_timestamp() + %(orphan_after_s)s::float8 * interval '1 second'
  FROM task, job WHERE %(orphan_after_s)s::float8 IS NOT NULL AND task.marker IS NOT NULL
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', status, %(cause)s, claims, %(detail)s FROM task
  UNION ALL SELECT id, NULL, 'running', 'failed', %(cause)s, 0, %(detail)s FROM job WHERE status = 'failed'
)
SELECT job.status = 'failed' AS failed, job.cancelled, job.error_kind AS kind FROM job
"""

# A job that is to be cancelled, of which nothing is visible, is not failed but handed back, for the cancel to end it.
SETTLE_FAILED = """
WITH task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = CASE WHEN j.cancel_requested AND NOT j.acted THEN 'pending' ELSE 'failed' END, claimed_by = NULL,
      completed_at = CASE WHEN j.cancel_requested AND NOT j.acted THEN NULL ELSE clock_timestamp() END,
      deadline = NULL, look_at = NULL, output = NULL, error = %(reason)s, error_kind = %(kind)s,
      error_fields = %(fields)s
  FROM {s}.marketplace_jobs j
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s AND j.id = t.job_id
  RETURNING t.job_id, t.name, t.claims, t.status
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), error_message = %(reason)s, error_kind = %(kind)s,
      error_fields = %(fields)s, waiting = NULL
  FROM task WHERE j.id = task.job_id AND j.status = 'running' AND task.status = 'failed' RETURNING j.id
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', status, %(kind)s, claims, %(detail)s FROM task
  UNION ALL SELECT id, NULL, 'running', 'failed', %(kind)s, 0, %(detail)s FROM job
)
SELECT EXISTS (SELECT FROM job) AS failed FROM task
"""


def settle_done(
    tenant: TenantId,
    task: TaskId,
    claims: int,
    done: Done,
    *,
    marked: bool,
    cause: str,
) -> Statement[Recorded | None]:
    """Complete the task, and record the listing that the attempt gave or ended; None: fenced."""
    params = {"output": Jsonb(dict(done.output)), "cause": cause}
    if done.ended:
        return settling(SETTLE_ENDED, tenant, task, claims, ended=done.ended, **params)
    if done.listed is None:
        return settling(SETTLE_ACTED if done.acted else SETTLE_DONE, tenant, task, claims, **params)
    return settling(
        composed(SETTLE_LISTED, *(WHERE_REPLACED if done.listed.replaces else ())),
        tenant,
        task,
        claims,
        marked=marked,
        **listed_params(done.listed),
        **params,
    )


def listed_params(listed: Listed) -> dict[str, Any]:
    """Return what LISTED and what may be put into it are filled with."""
    return {
        "external_id": listed.external_id,
        "visible": listed.visible,
        "url": listed.url,
        "photos": photos_json(listed),
        "quantity": listed.quantity,
        "replaces": listed.replaces,
        "ended": listed.replaces,
    }


def settle_back(
    tenant: TenantId,
    task: TaskId,
    claims: int,
    *,
    reason: str,
    kind: str,
    delay_s: float,
    charge: bool,
    waiting: str | None = None,
    cause: str = "try again",
    absences: int = 0,
    orphan_after_s: float | None = None,
    ended: str = "",
    late_s: float | None = None,
) -> Statement[Recorded | None]:
    """Hand the task back for another try, or fail it where none is left; None: fenced.

    `ended` is the external id of a listing that is no longer there. `late_s` is for how long the call may still be
    carried out and undo what comes after it.
    """
    return settling(
        composed(SETTLE_BACK, *(WHERE_ENDED if ended else ()), *(WHERE_ABSENT if absences else ())),
        tenant,
        task,
        claims,
        **because(reason),
        kind=kind,
        delay_s=delay_s,
        charge=int(charge),
        quarantine=DEATHS_UNTIL_QUARANTINE,
        waiting=waiting,
        cause=cause,
        absences=absences,
        orphan_after_s=orphan_after_s,
        ended=ended,
        late_s=late_s,
    )


def settle_failed(
    tenant: TenantId, task: TaskId, claims: int, *, reason: str, kind: str, errors: Sequence[FieldError] = ()
) -> Statement[Recorded | None]:
    """Fail the task and its job for good; `failed` is false where a cancel waits, which ends it; None: fenced."""
    return settling(SETTLE_FAILED, tenant, task, claims, kind=kind, fields=fields_json(errors), **because(reason))
