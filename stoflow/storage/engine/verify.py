"""What a look leaves of its task: to be looked for again, or, where a cancel has waited long enough, nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.facts.work import JobFailed
from stoflow.domain.ids import JobId, TaskId, TenantId
from stoflow.domain.retry import LONGEST_LOOK_AFTER_CANCEL_S, LOOKS_AFTER_CANCEL, PATIENCE_AFTER_CANCEL_S
from stoflow.storage.engine.facts import plugin_connected
from stoflow.storage.engine.hand_back import ONLY_OLDER, UNSERVED
from stoflow.storage.engine.recorded import Recorded, because, settling
from stoflow.storage.engine.statement import Statement, bind, s

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
SELECT false AS failed FROM task
"""

WAITED_ENOUGH: Mapping[str, Any] = {
    "longest_s": LONGEST_LOOK_AFTER_CANCEL_S,
    "enough": LOOKS_AFTER_CANCEL,
    "patience_s": PATIENCE_AFTER_CANCEL_S,
}
"""After which nobody who cancelled waits for an answer any longer."""
AFTER_CANCEL: Mapping[str, Any] = {
    "tells": True,
    "ending": "cancelled before it was known",
    "words": "What was done is not known, and it was cancelled before anybody could tell: ",
}
TOO_LATE: Mapping[str, Any] = {
    "late_ending": "not done in time",
    "late_words": "The marketplace accepted it, and nobody can tell how it ended in the time that this may take: ",
}

# What the marketplace accepted and may not work on any longer.
IS_LATE = "coalesce((t.output ->> 'until')::timestamptz <= clock_timestamp(), false)"

# Whoever cancels may not wait for ever for an answer that nobody gives. The look stays owed: a retry begins with it.
# A draft that may have been made under a marker is collected. `told` says which tasks, whether they are given up, and
# in which words. A poll that finds it under way is told by nobody, and counts as no attempt.
GIVING_UP = """task AS (
  UPDATE {s}.marketplace_tasks t
  SET claimed_by = NULL, deadline = NULL, error = told.reason,
      status = CASE WHEN told.given_up THEN 'failed' ELSE 'running' END,
      error_kind = CASE WHEN told.given_up THEN 'unverified' ELSE 'verifying' END,
      polls = t.polls + (NOT told.given_up AND NOT %(tells)s)::int,
      look_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  FROM told WHERE t.id = told.id
  RETURNING t.job_id, t.name, t.claims, t.polls, t.marker, told.given_up, told.reason, told.words, told.ending
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), waiting = NULL, error_kind = 'unverified',
      error_message = task.words || task.reason
        || ' Check on ' || j.marketplace || ' whether it was done: a retry looks first, and a sync links what it finds.'
  FROM task WHERE j.id = task.job_id AND task.given_up
  RETURNING j.id, j.product_id, j.marketplace, j.action_type_id, j.request_id, j.error_message, task.ending
), orphan AS (
  INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
  SELECT job.id, job.product_id, job.marketplace, task.marker,
         clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  FROM task JOIN job ON job.id = task.job_id WHERE %(marked)s AND task.marker IS NOT NULL
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, CASE WHEN given_up THEN 'running' END, CASE WHEN given_up THEN 'failed' END,
         %(cause)s, claims, jsonb_build_object('reason', reason) FROM task WHERE given_up OR %(tells)s
  UNION ALL SELECT id, NULL, 'running', 'failed', ending, 0,
         jsonb_build_object('reason', error_message) FROM job
)"""

# How often it was looked for in vain since somebody cancelled.
IN_VAIN = """(
    SELECT count(*) FROM {s}.job_timeline l WHERE l.job_id = j.id AND l.task = t.name
      AND l.cause IN ('could not look', 'swept: look died', 'swept: verifying')
      AND l.id > (SELECT max(c.id) FROM {s}.job_timeline c WHERE c.job_id = j.id AND c.cause = 'cancel requested'))"""

PATIENCE_IS_OVER = """clock_timestamp() - %(patience_s)s::float8 * interval '1 second' > (
    SELECT max(c.at) FROM {s}.job_timeline c WHERE c.job_id = j.id AND c.cause = 'cancel requested')"""

SETTLE_UNTOLD = f"""
WITH told AS MATERIALIZED (
  SELECT t.id, %(reason)s::text AS reason,
    {IS_LATE} OR j.cancel_requested AND (%(at_once)s OR %(enough)s <= 1 + {IN_VAIN}) AS given_up,
    CASE WHEN {IS_LATE} THEN %(late_words)s::text ELSE %(words)s::text END AS words,
    CASE WHEN {IS_LATE} THEN %(late_ending)s::text ELSE %(ending)s::text END AS ending
  FROM {s}.marketplace_tasks t JOIN {s}.marketplace_jobs j ON j.id = t.job_id
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s FOR UPDATE OF j, t
), {GIVING_UP}
SELECT given_up AS failed FROM task
"""

# Whether the seller's plugin is what the marketplace of the job `j` is asked through, and is not there.
PLUGIN_AWAY = f"SELECT j.marketplace = ANY(%(plugins)s::text[]) AND NOT {plugin_connected()} AS is_so"

WHY_NOT = """CASE
      WHEN c.marketplace IS NOT NULL THEN coalesce(c.reason, 'The seller must act.')
      WHEN away.is_so THEN 'The plugin is offline.'
      ELSE coalesce(t.error, 'Nobody looked.') END AS reason"""
UNHELD = """t.status = 'running' AND t.look_at IS NOT NULL AND t.claimed_by IS NULL AND t.deadline IS NULL"""
GIVEN_UP = """
SELECT job.id AS job_id, task.name AS task, task.claims - task.polls AS attempt, job.error_message AS reason,
  'unverified' AS kind, job.marketplace, a.code AS action, coalesce(job.request_id, 'none') AS request_id
FROM job JOIN task ON task.job_id = job.id JOIN public.marketplace_action_types a ON a.id = job.action_type_id
"""

# A look that is due and cannot be made (the seller must act, the plugin is away, nobody runs who knows how), that is
# far off, that nobody has made for long, or that ended its process or stayed without an answer again and again.
GIVE_UP = f"""
WITH told AS MATERIALIZED (
  SELECT t.id, true AS given_up, {WHY_NOT}, %(words)s::text AS words, %(ending)s::text AS ending
  FROM {s}.marketplace_jobs j
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id
  JOIN {s}.marketplace_tasks t ON t.job_id = j.id AND {UNHELD}
  LEFT JOIN {s}.connections c ON c.marketplace = j.marketplace AND c.state <> 'connected'
  CROSS JOIN LATERAL ({PLUGIN_AWAY}) AS away
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.status = 'running' AND j.cancel_requested AND (
    (t.look_at <= clock_timestamp() AND (c.marketplace IS NOT NULL OR away.is_so))
    OR t.look_at > clock_timestamp() + %(longest_s)s::float8 * interval '1 second'
    OR t.look_at < clock_timestamp() - %(longest_s)s::float8 * interval '1 second'
    OR %(enough)s <= {IN_VAIN}
    OR ({PATIENCE_IS_OVER} AND ({UNSERVED} OR {ONLY_OLDER})))
  ORDER BY j.id FOR UPDATE OF j, t
), {GIVING_UP}{GIVEN_UP}"""

IS_CANCELLING = "j.status = 'running' AND j.cancel_requested"
CANCELLING = f"""
SELECT j.id FROM {s}.marketplace_jobs j WHERE {IS_CANCELLING} ORDER BY j.id LIMIT %(limit)s
"""


def settle_verifying(
    tenant: TenantId, task: TaskId, claims: int, *, reason: str, delay_s: float, looks: int, cause: str
) -> Statement[Recorded | None]:
    """Leave the task RUNNING, to be looked for after `delay_s`; None: fenced."""
    return settling(
        SETTLE_VERIFYING, tenant, task, claims, delay_s=delay_s, looks=looks, cause=cause, **because(reason)
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
) -> Statement[Recorded | None]:
    """Look again after `delay_s`, unless the job is to be cancelled and enough looks since could not tell: then it
    fails, as it does `at_once` where none could, and where the time of what was accepted is over. None: fenced."""
    return settling(
        SETTLE_UNTOLD,
        tenant,
        task,
        claims,
        reason=reason,
        delay_s=delay_s,
        cause=cause,
        marked=marked,
        at_once=at_once,
        enough=LOOKS_AFTER_CANCEL,
        **AFTER_CANCEL,
        **TOO_LATE,
    )


def jobs_to_cancel(connection: Connection[DictRow], tenant: TenantId, *, limit: int) -> list[JobId]:
    """Return the tenant's running jobs that somebody cancelled, oldest first."""
    return [JobId(row["id"]) for row in bind(CANCELLING, tenant, limit=limit).on(connection)]


def give_up_looks(
    connection: Connection[DictRow], tenant: TenantId, jobs: Sequence[JobId], *, plugins: Sequence[str]
) -> list[JobFailed]:
    """Fail those of these jobs, all cancelled, of which nobody can be asked what was done; return them.

    `plugins` are the marketplaces that are asked through the seller's plugin.
    """
    statement = bind(
        GIVE_UP,
        tenant,
        jobs=list(jobs),
        plugins=list(plugins),
        **WAITED_ENOUGH,
        delay_s=0.0,
        marked=True,
        cause="cannot be looked for",
        **AFTER_CANCEL,
    )
    rows = statement.on(connection).fetchall()
    return [JobFailed(tenant=tenant, job=row.pop("job_id"), **row) for row in rows]
