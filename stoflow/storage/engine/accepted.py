"""Settles of what a marketplace accepted and works on: looked for again, until its time is over."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.facts.work import JobFailed
from stoflow.domain.ids import TaskId, TenantId
from stoflow.domain.retry import LONGEST_LOOK_AFTER_CANCEL_S
from stoflow.storage.engine.operations import LONGEST_NAME
from stoflow.storage.engine.recorded import Recorded
from stoflow.storage.engine.statement import Statement, bind, s
from stoflow.storage.engine.verify import GIVEN_UP, GIVING_UP, IS_LATE, PLUGIN_AWAY, TOO_LATE, UNHELD, WHY_NOT

# The marketplace said that it accepted it. What it named its operation, and until when it is waited for, stand in the
# output, which only a completed task has otherwise. By its name a push finds the tenant.
SETTLE_ACCEPTED = """
WITH task AS (
  UPDATE {s}.marketplace_tasks
  SET claimed_by = NULL, deadline = NULL, error = %(reason)s, error_kind = 'accepted',
      look_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second',
      output = jsonb_build_object('operation', %(operation)s::jsonb,
        'until', clock_timestamp() + %(at_most_s)s::float8 * interval '1 second')
  WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s
  RETURNING id, job_id, name, claims, output
), named AS (
  INSERT INTO public.operations AS o (tenant, task, marketplace, operation, until)
  SELECT %(tenant)s, id, %(marketplace)s, output -> 'operation' ->> 'id', (output ->> 'until')::timestamptz
  FROM task WHERE length(output -> 'operation' ->> 'id') BETWEEN 1 AND %(longest)s
  ON CONFLICT (tenant, task) DO UPDATE SET operation = EXCLUDED.operation, until = EXCLUDED.until
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, cause, attempt, detail)
  SELECT job_id, name, 'accepted', claims, jsonb_build_object('reason', %(reason)s::text) FROM task
)
SELECT false AS failed FROM task
"""

SETTLE_STILL_ACCEPTED = f"""
WITH told AS MATERIALIZED (
  SELECT t.id, %(reason)s::text AS reason, {IS_LATE} AS given_up, %(words)s::text AS words, %(ending)s::text AS ending
  FROM {s}.marketplace_tasks t JOIN {s}.marketplace_jobs j ON j.id = t.job_id
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s FOR UPDATE OF j, t
), {GIVING_UP}
SELECT given_up AS failed FROM task
"""

# What is late and cannot be looked for: a look is due and the seller must act or the plugin is away, nobody has made
# one for long, or one made since its time was over ended its process.
GIVE_UP_LATE = f"""
WITH told AS MATERIALIZED (
  SELECT t.id, true AS given_up, {WHY_NOT}, %(late_words)s::text AS words, %(late_ending)s::text AS ending
  FROM {s}.marketplace_tasks t
  JOIN {s}.marketplace_jobs j ON j.id = t.job_id AND j.status = 'running'
  LEFT JOIN {s}.connections c ON c.marketplace = j.marketplace AND c.state <> 'connected'
  CROSS JOIN LATERAL ({PLUGIN_AWAY}) AS away
  WHERE {UNHELD} AND {IS_LATE} AND (
    (t.look_at <= clock_timestamp() AND (c.marketplace IS NOT NULL OR away.is_so))
    OR t.look_at < clock_timestamp() - %(longest_s)s::float8 * interval '1 second'
    OR EXISTS (
      SELECT FROM {s}.job_timeline l WHERE l.job_id = j.id AND l.task = t.name AND l.cause = 'swept: look died'
        AND l.at > (t.output ->> 'until')::timestamptz))
  ORDER BY j.id LIMIT %(limit)s FOR UPDATE OF j, t
), {GIVING_UP}{GIVEN_UP}"""


def settle_accepted(
    tenant: TenantId,
    task: TaskId,
    claims: int,
    *,
    marketplace: str,
    reason: str,
    delay_s: float,
    at_most_s: float,
    operation: Mapping[str, Any],
) -> Statement[Recorded | None]:
    """Leave the task RUNNING, to be looked for after `delay_s` and for `at_most_s` in all; None: fenced."""
    return bind(
        SETTLE_ACCEPTED,
        tenant,
        task=task,
        claims=claims,
        marketplace=marketplace,
        reason=reason,
        delay_s=delay_s,
        at_most_s=at_most_s,
        operation=Jsonb(dict(operation)),
        longest=LONGEST_NAME,
    ).answering(Recorded.of)


def settle_still_accepted(
    tenant: TenantId, task: TaskId, claims: int, *, reason: str, delay_s: float, marked: bool
) -> Statement[Recorded | None]:
    """Look again after `delay_s`, without a word in the timeline, or fail where its time is over; None: fenced."""
    return bind(
        SETTLE_STILL_ACCEPTED,
        tenant,
        task=task,
        claims=claims,
        reason=reason,
        delay_s=delay_s,
        marked=marked,
        cause="accepted, and not done in time",
        tells=False,
        ending="not done in time",
        words="The marketplace accepted it and has not finished it in the time that this may take: ",
    ).answering(Recorded.of)


def give_up_late(
    connection: Connection[DictRow], tenant: TenantId, *, plugins: Sequence[str], limit: int
) -> list[JobFailed]:
    """Fail the jobs whose time is over for what was accepted, and of which nobody can be asked; return them.

    `plugins` are the marketplaces that are asked through the seller's plugin.
    """
    statement = bind(
        GIVE_UP_LATE,
        tenant,
        plugins=list(plugins),
        limit=limit,
        longest_s=LONGEST_LOOK_AFTER_CANCEL_S,
        delay_s=0.0,
        marked=True,
        tells=True,
        cause="cannot be looked for",
        **TOO_LATE,
    )
    rows = statement.on(connection).fetchall()
    return [JobFailed(tenant=tenant, job=row.pop("job_id"), **row) for row in rows]
