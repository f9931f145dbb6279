"""What is true of a tenant, a job or the processes, as SQL: each said once, for whoever judges by it."""

from collections.abc import Collection
from enum import StrEnum
from typing import LiteralString, cast

from stoflow.domain.job import PASSED_TASK_STATUSES, UNFINISHED_JOB_STATUSES
from stoflow.storage.engine.statement import s


def one_of(statuses: Collection[StrEnum]) -> LiteralString:
    """Return SQL's list of these, in the order of their table."""
    kind = type(next(iter(statuses)))
    listed = ", ".join(f"'{status}'" for status in kind if status in statuses)
    return cast("LiteralString", f"({listed})")


UNFINISHED = one_of(UNFINISHED_JOB_STATUSES)
PASSED = one_of(PASSED_TASK_STATUSES)

SUSPENDED = "NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active)"


def plugin_connected(tenant: LiteralString = "%(tenant)s") -> LiteralString:
    """Return SQL: the tenant's plugin is connected, to an api that lives."""
    return f"""EXISTS (
    SELECT FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
    WHERE v.tenant = {tenant} AND v.connected AND NOT p.dead AND p.expires_at > clock_timestamp())"""


ACCEPTED: LiteralString = "(SELECT jsonb_agg(n.marketplace || ' ' || n.version) FROM {s}.plugin_terms n)"
"""Which wordings of plugins' notices the seller accepted, NULL for none."""

ACTS_UNTIL: LiteralString = "(SELECT v.acts_until FROM public.plugin_presence v WHERE v.tenant = %(tenant)s)"
"""Until when the plugin acts without that, as it did before it was asked for; NULL where it never did."""


def lock_of(connection: LiteralString = "") -> LiteralString:
    """Return SQL: what is kept of the lock of an account, NULL where a connection waits for something else.

    It is of the reason it came with: a release that knows nothing of it writes another reason and leaves it.
    """
    c = f"{connection}." if connection else ""
    return f"CASE WHEN {c}state <> 'connected' AND {c}lock ->> 'reason' = {c}reason THEN {c}lock END"


def ahead_of(job: LiteralString, *, what: LiteralString = "") -> LiteralString:
    """Return SQL over the jobs of the same product and marketplace accepted before `job`: those that are not final."""
    return f"""SELECT {what} FROM {s}.marketplace_jobs ahead
      WHERE ahead.marketplace = {job}.marketplace AND ahead.product_id = {job}.product_id AND ahead.id < {job}.id
        AND ahead.status IN {UNFINISHED}"""


def late_before(job: LiteralString, *, what: LiteralString = "") -> LiteralString:
    """Return SQL over the jobs of the same product before `job` of which a late call may still be carried out."""
    return f"""SELECT {what} FROM {s}.marketplace_jobs late
      WHERE late.marketplace = {job}.marketplace AND late.product_id = {job}.product_id AND late.id < {job}.id
        AND late.late_until > clock_timestamp()"""


def tasks_of(job: LiteralString) -> LiteralString:
    """Return SQL over the tasks of the job `job`, whether it is kept as one row or in rows of its tasks."""
    return f"""(
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = {job}.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        {job}.created_at, started_at, completed_at
      FROM public.folded_tasks({job}.folded, {job}.task_ids, {job}.claimed_by, {job}.deadline))"""


def lines_of(job: LiteralString) -> LiteralString:
    """Return SQL over the lines of the timeline of the job `job`, however it is kept."""
    return f"""(
      SELECT id, task, at, from_status, to_status, cause, attempt, detail
      FROM {s}.job_timeline WHERE job_id = {job}.id
      UNION ALL
      SELECT * FROM public.folded_lines({job}.folded, {job}.status::text, {job}.created_at, {job}.started_at,
        {job}.completed_at))"""


def under_way(task: LiteralString) -> LiteralString:
    """Return SQL: a worker does the task now, or a plugin was asked to."""
    return f"""({task}.status = 'running'
      AND ({task}.claimed_by IS NOT NULL OR {task}.look_at IS NULL OR {task}.deadline IS NOT NULL))"""


def telling(state: LiteralString) -> LiteralString:
    """Return what an UPDATE of a job `j` that flips `told` returns, by which it writes the event of its change.

    The trigger that tells what others change costs more: it is compiled for each tenant's table in each connection. So
    does an INSERT in the statement itself: it is planned for each tenant, and the function once for a connection.
    """
    return (
        f"public.tell_job_change(%(tenant)s, {state}, j.id, j.marketplace, j.action_type_id, j.product_id,"
        " j.batch_job_id)"
    )


TODAY: LiteralString = "(clock_timestamp() AT TIME ZONE 'UTC')::date"


def used_today(quota: LiteralString) -> LiteralString:
    """Return SQL: how many of a day's quota are used; the row may be of a day before."""
    return f"CASE WHEN {quota}.day = {TODAY} THEN {quota}.used ELSE 0 END"
