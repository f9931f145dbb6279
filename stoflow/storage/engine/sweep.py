"""What the sweeper changes: attempts whose holder is gone or whose deadline passed, and jobs whose time is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.facts.work import JobFailed
from stoflow.domain.ids import JobId, ProcessId, TenantId
from stoflow.domain.retry import BLIND_LOOK_S, DEATHS_UNTIL_QUARANTINE, OUTAGE_CAP_S
from stoflow.storage.engine.accepted import give_up_late
from stoflow.storage.engine.connection_state import try_connections
from stoflow.storage.engine.statement import bind, s
from stoflow.storage.engine.unfinished import end_cancelled, expire_jobs
from stoflow.storage.engine.verify import jobs_to_cancel

# What is lost: the holder is dead, or the deadline has passed (a hung thread, a plugin that did not answer).
IS_LOST_JOB = """j.status = 'running' AND j.claimed_by IS NOT NULL
    AND (j.claimed_by = ANY(%(dead)s::bigint[]) OR j.deadline <= clock_timestamp()
      OR NOT EXISTS (SELECT FROM public.processes p WHERE p.id = j.claimed_by))"""
IS_LOST_TASK = """t.status = 'running' AND (t.claimed_by IS NOT NULL OR t.deadline IS NOT NULL)
    AND (t.claimed_by = ANY(%(dead)s::bigint[]) OR t.deadline <= clock_timestamp()
      OR (t.claimed_by IS NOT NULL AND NOT EXISTS (SELECT FROM public.processes p WHERE p.id = t.claimed_by)))"""
IS_LOST_ORPHAN = "(deadline <= clock_timestamp() OR claimed_by = ANY(%(dead)s::bigint[]))"

# Of jobs that are one row those are written in rows first whose attempt is lost: a later statement sees them.
UNFOLD_LOST = f"""
SELECT public.unfold('{s}', ARRAY(
  SELECT j.id FROM {s}.marketplace_jobs j
  WHERE {IS_LOST_JOB}
  ORDER BY j.id LIMIT %(limit)s FOR UPDATE OF j SKIP LOCKED))
"""

LOST = f"""
  SELECT t.id, t.job_id, t.name, t.kind, t.claims, t.deaths, t.look_at, t.claimed_by IS NOT NULL AS held, t.marker,
    t.quiet_s,
    CASE WHEN t.look_at IS NOT NULL AND t.claimed_by IS NOT NULL THEN 1 + (
      SELECT count(*) FROM {s}.job_timeline l
      WHERE l.job_id = t.job_id AND l.task = t.name AND l.cause = 'swept: look died') ELSE 0 END AS looks_died
  FROM {s}.marketplace_tasks t
  WHERE {IS_LOST_TASK}
  ORDER BY t.id LIMIT %(limit)s FOR UPDATE OF t SKIP LOCKED
"""

# When what may have been done is looked for: after the quiet time, again at once where a plugin was silent or a first
# look died, and ever more rarely where looks go on dying: until it is known, no job may end.
LOOK_AT = """CASE
  WHEN lost.looks_died > 1 THEN clock_timestamp() + interval '1 second' * least(
    %(longest_s)s::float8, %(blind_s)s::float8 * power(2, least(lost.looks_died - 2, 16))) * (0.5 + random() / 2)
  WHEN lost.look_at IS NOT NULL THEN clock_timestamp()
  WHEN lost.kind = 'unsafe'
    THEN clock_timestamp() + coalesce((%(quiet_s)s::jsonb ->> j.marketplace)::float8, 30) * interval '1 second'
  END"""

LATE_UNTIL = "greatest(j.late_until, clock_timestamp() + task.quiet_s * interval '1 second')"

# A lost look is looked again, whatever it costs. A lost unsafe act is verified. Anything else may run again. A death
# is charged where a worker held the act; a plugin's silence is charged as a failure instead.
SWEEP_TASKS = f"""
WITH lost AS MATERIALIZED ({LOST}), task AS (
  UPDATE {s}.marketplace_tasks t
  SET claimed_by = NULL, deadline = NULL,
      deaths = t.deaths + (lost.held AND lost.look_at IS NULL)::int,
      failures = t.failures + (NOT lost.held AND lost.look_at IS NULL AND lost.kind <> 'unsafe')::int,
      status = CASE
        WHEN lost.look_at IS NOT NULL OR lost.kind = 'unsafe' THEN 'running'
        WHEN t.deaths + lost.held::int >= %(quarantine)s
          OR t.failures + (NOT lost.held)::int > j.max_retries THEN 'failed' ELSE 'pending' END,
      look_at = {LOOK_AT},
      error = CASE WHEN lost.held THEN 'The process that ran it ended without an answer.'
                   ELSE 'No answer came before the deadline.' END,
      error_kind = CASE WHEN lost.look_at IS NOT NULL OR lost.kind = 'unsafe' THEN 'verifying'
                        WHEN t.deaths + lost.held::int >= %(quarantine)s THEN 'poison' ELSE 'interrupted' END
  FROM lost, {s}.marketplace_jobs j WHERE t.id = lost.id AND j.id = lost.job_id
  RETURNING t.job_id, t.name, t.claims, t.polls, t.status, t.error, t.error_kind, lost.looks_died, lost.quiet_s
), late AS (
  UPDATE {s}.marketplace_jobs j SET late_until = {LATE_UNTIL}
  FROM task WHERE j.id = task.job_id AND task.status <> 'failed' AND task.quiet_s IS NOT NULL
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), error_message = task.error, error_kind = task.error_kind,
      late_until = {LATE_UNTIL}
  FROM task WHERE j.id = task.job_id AND task.status = 'failed' AND j.status = 'running'
  RETURNING j.id, j.error_kind, j.marketplace, j.action_type_id, j.request_id
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', nullif(status, 'running'),
         'swept: ' || CASE WHEN looks_died > 0 THEN 'look died' ELSE error_kind END, claims,
         jsonb_build_object('reason', error) FROM task
  UNION ALL SELECT id, NULL, 'running', 'failed', error_kind, 0, NULL FROM job
)
SELECT task.job_id, task.name AS task, task.claims - task.polls AS attempt, task.error AS reason, task.looks_died,
  job.error_kind AS kind, job.marketplace, a.code AS action, coalesce(job.request_id, 'none') AS request_id
FROM task LEFT JOIN job ON job.id = task.job_id LEFT JOIN public.marketplace_action_types a ON a.id = job.action_type_id
"""

ACTIVE = """
SELECT tenant FROM public.tenant_work WHERE tenant > %(after)s ORDER BY tenant LIMIT %(limit)s
"""

SWEEP_LOCK = "SELECT pg_try_advisory_xact_lock(4820811) AS mine"

SWEEP_ORPHANS = f"""
UPDATE {s}.strays SET claimed_by = NULL, deadline = NULL, look_after = clock_timestamp()
WHERE {IS_LOST_ORPHAN} RETURNING job_id
"""


@dataclass(frozen=True, slots=True)
class DeadLook:
    """A look that ended its process, as `deaths` of this task have."""

    job: JobId
    task: str
    deaths: int


@dataclass(frozen=True, slots=True)
class Swept:
    """The jobs whose tasks went back or to verifying, the looks that died, and the jobs that ended."""

    tasks: tuple[JobId, ...]
    looks: tuple[DeadLook, ...]
    ended: tuple[JobId, ...]
    orphans: int
    failed: tuple[JobFailed, ...] = ()
    tried: tuple[str, ...] = ()  # marketplaces that may take the seller's calls again


def take_sweep(connection: Connection[DictRow]) -> bool:
    """Be the one sweeper for this transaction; False where another one sweeps."""
    row = connection.execute(SWEEP_LOCK).fetchone()
    return bool(row and row["mine"])


def tenants_with_work(connection: Connection[DictRow], *, after: TenantId, limit: int) -> Sequence[TenantId]:
    """Return the next page of tenants with unfinished work."""
    rows = connection.execute(ACTIVE, {"after": after, "limit": limit})
    return [TenantId(row["tenant"]) for row in rows]


def sweep_tenant(
    connection: Connection[DictRow],
    tenant: TenantId,
    *,
    dead: frozenset[ProcessId],
    quiet_s: Mapping[str, float],
    plugins: Sequence[str],
    limit: int,
) -> Swept:
    """Free what nobody will answer for; `quiet_s` by marketplace is the wait before the first look.

    `plugins` are the marketplaces that are asked through the seller's plugin.
    """

    def rows(template: LiteralString, **params: Any) -> list[DictRow]:
        statement = bind(template, tenant, limit=limit, dead=list(dead), **params)
        return statement.on(connection).fetchall()

    rows(UNFOLD_LOST)
    tasks = rows(
        SWEEP_TASKS,
        quarantine=DEATHS_UNTIL_QUARANTINE,
        quiet_s=Jsonb(dict(quiet_s)),
        blind_s=BLIND_LOOK_S,
        longest_s=OUTAGE_CAP_S,
    )
    expired = expire_jobs(connection, tenant, limit=limit)
    late = give_up_late(connection, tenant, plugins=plugins, limit=limit)
    cancelling = jobs_to_cancel(connection, tenant, limit=limit)
    given_up = end_cancelled(connection, tenant, cancelling, plugins=plugins) if cancelling else []
    return Swept(
        tasks=tuple(JobId(row["job_id"]) for row in tasks),
        looks=tuple(_dead_look(row) for row in tasks if row["looks_died"]),
        ended=tuple(JobId(failed.job) for failed in (*expired, *late, *given_up)),
        orphans=len(rows(SWEEP_ORPHANS)),
        failed=(
            *(_failed(tenant, row) for row in tasks if row["kind"]),
            *expired,
            *late,
            *given_up,
        ),
        tried=tuple(try_connections(connection, tenant, plugins=plugins)),
    )


def _failed(tenant: TenantId, row: Mapping[str, Any]) -> JobFailed:
    told = {name: row[name] for name in ("marketplace", "action", "task", "attempt", "kind", "reason", "request_id")}
    return JobFailed(tenant=tenant, job=row["job_id"], **told)


def _dead_look(row: Mapping[str, Any]) -> DeadLook:
    return DeadLook(JobId(row["job_id"]), row["task"], row["looks_died"])
