"""Jobs as their owners see them: one statement for a job, one for a page, one for a timeline."""

from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.facts import (
    ACCEPTED,
    PASSED,
    SUSPENDED,
    UNFINISHED,
    ahead_of,
    late_before,
    lines_of,
    lock_of,
    plugin_connected,
    tasks_of,
    under_way,
)
from stoflow.storage.engine.hand_back import somebody_may_know
from stoflow.storage.engine.reads.job_views import SeenJob, TimelineEntry
from stoflow.storage.engine.reads.meant import MEANT
from stoflow.storage.engine.refuse import REFUSAL
from stoflow.storage.engine.statement import bind, s

# Why nobody may do the next thing of a job while a newer release takes the place of an older one.
UNKNOWN = f"""(
    SELECT jsonb_build_object('task', u.task, 'by_some', {somebody_may_know("u")})
    FROM public.unknown_tasks u JOIN public.processes p ON p.id = u.process
    WHERE NOT p.dead AND p.expires_at > clock_timestamp() AND u.marketplace = j.marketplace AND u.action = a.code
      AND EXISTS (
        SELECT FROM {tasks_of("j")} AS k
        WHERE k.status NOT IN {PASSED} AND split_part(k.name, ':', 1) = u.task)
    ORDER BY u.since LIMIT 1)"""
SERVED = """(
    SELECT bool_or(w.serves IS NULL OR j.marketplace = ANY(w.serves)) FROM public.processes w
    WHERE w.kind = 'worker' AND NOT w.dead AND w.expires_at > clock_timestamp())"""
ORCHESTRATORS = """(
    SELECT count(*) FROM public.processes o
    WHERE o.kind = 'orchestrator' AND NOT o.dead AND o.expires_at > clock_timestamp())"""
DECIDED = """(
    SELECT o.serves IS NULL OR j.marketplace = ANY(o.serves)
    FROM public.tenant_work tw JOIN public.processes o ON o.id = tw.owner
    WHERE tw.tenant = %(tenant)s AND NOT o.dead AND o.expires_at > clock_timestamp())"""

# As actors count: calls, by whoever makes them, not jobs.
IN_FLIGHT = f"""(
    SELECT count(*) FROM {s}.marketplace_jobs g CROSS JOIN LATERAL {tasks_of("g")} AS f
    WHERE g.marketplace = j.marketplace AND g.status = 'running' AND {under_way("f")})"""
PACE_UNTIL = f"""(
    SELECT p.next_at FROM public.pace p
    WHERE p.tenant = %(tenant)s AND p.marketplace = j.marketplace AND p.action = a.code AND (
      SELECT o.paced AND o.status = 'pending' FROM {tasks_of("j")} AS o
      WHERE o.status NOT IN {PASSED} AND o.kind <> 'inner'
      ORDER BY o.position LIMIT 1))"""

# Of the jobs before it on its product the first, and the one that is put off for longest: none of them is passed by.
AHEAD_TOLD = """jsonb_build_object('behind', min(ahead.id), 'put_off',
         jsonb_agg(jsonb_build_object('job', ahead.id, 'until', ahead.not_before)
           ORDER BY ahead.not_before DESC, ahead.id)
         FILTER (WHERE ahead.status = 'pending' AND ahead.not_before > clock_timestamp()) -> 0)"""

VIEW = f"""
SELECT j.id, j.marketplace, a.code AS action, j.status, j.product_id, j.priority, j.created_at, j.started_at,
       j.completed_at, j.not_before, j.expires_at, j.result_data, j.error_message, j.error_kind, j.error_fields,
       j.cancel_requested, j.batch_job_id, j.request_id,
       CASE WHEN j.status NOT IN {UNFINISHED} THEN NULL ELSE jsonb_build_object(
         'now', clock_timestamp(), 'suspended', {SUSPENDED},
         'halted', CASE WHEN c.marketplace IS NOT NULL THEN coalesce(c.reason, j.waiting, '') END,
         'lock', {lock_of("c")},
         'resume_at', (SELECT r.resume_at FROM {s}.connections r WHERE r.marketplace = j.marketplace),
         'plugin_connected', {plugin_connected()}, 'plugin_since', v.since,
         'accepted', {ACCEPTED}, 'acts_until', v.acts_until,
         'refusal', {REFUSAL},
         'unknown', {UNKNOWN}, 'served', {SERVED}, 'decided', {DECIDED}, 'orchestrators', {ORCHESTRATORS},
         'under_way', {under_way("t")}, 'in_flight', {IN_FLIGHT}, 'pace_until', {PACE_UNTIL},
         'late_until', CASE WHEN j.status = 'pending' THEN ({late_before("j", what="max(late.late_until)")})
           WHEN j.late_until > clock_timestamp() AND t.kind <> 'repeatable' THEN j.late_until END,
         'look_at', t.look_at,
         'accepted_until', CASE WHEN t.look_at IS NOT NULL THEN t.output ->> 'until' END,
         'retry_at', t.not_before, 'error', t.error, 'status', t.status)
         || ({ahead_of("j", what=AHEAD_TOLD)}) END AS facts,
       (SELECT jsonb_agg(k ORDER BY k.position) FROM (
          SELECT id, name, position, status, claims - polls AS attempt, failures, look_at IS NOT NULL AS verifying,
                 CASE WHEN status = 'completed' THEN output END AS output, error,
                 error_fields, not_before, created_at, started_at, completed_at
          FROM {tasks_of("j")} AS o WHERE %(tasks)s) AS k) AS tasks
FROM {s}.marketplace_jobs j
JOIN public.marketplace_action_types a ON a.id = j.action_type_id
LEFT JOIN {s}.connections c ON c.marketplace = j.marketplace AND c.state <> 'connected'
LEFT JOIN public.plugin_presence v ON v.tenant = %(tenant)s
LEFT JOIN LATERAL (
  SELECT * FROM {tasks_of("j")} AS o WHERE status NOT IN {PASSED}
  ORDER BY position LIMIT 1) AS t ON j.status IN {UNFINISHED}
"""

ONE = f"{VIEW}WHERE j.id = %(job)s"

PAGE = f"""{VIEW}
WHERE {MEANT}
  AND (%(before)s::int IS NULL OR j.id < %(before)s) AND (%(ids)s::int[] IS NULL OR j.id = ANY(%(ids)s))
ORDER BY j.id DESC LIMIT %(limit)s
"""

# Told in the order of the lines, by times that never fall: two processes may write of a job within a microsecond, and
# PostgreSQL's clock may be set back. Claims of which no line tells, polls that found it under way, are left out of the
# count of attempts.
TIMELINE = f"""
SELECT l.id, max(at) OVER (ORDER BY l.id) AS at, task, from_status, to_status, cause, detail,
  CASE WHEN attempt > 0 THEN dense_rank() OVER (PARTITION BY task, attempt > 0 ORDER BY attempt) ELSE 0 END AS attempt
FROM {s}.marketplace_jobs j CROSS JOIN LATERAL {lines_of("j")} AS l WHERE j.id = %(job)s ORDER BY l.id
"""


def view_job(connection: Transaction, tenant: TenantId, job: JobId) -> SeenJob | None:
    row = bind(ONE, tenant, job=job, tasks=True).on(connection).fetchone()
    return SeenJob.of(row) if row else None


def view_page(connection: Connection[DictRow], tenant: TenantId, **filters: Any) -> list[SeenJob]:
    """Return jobs, newest first; `filters` are PAGE's parameters, each None for any."""
    return [SeenJob.of(row) for row in bind(PAGE, tenant, tasks=False, **filters).on(connection)]


def view_timeline(connection: Connection[DictRow], tenant: TenantId, job: JobId) -> list[TimelineEntry]:
    rows = bind(TIMELINE, tenant, job=job).on(connection)
    return [TimelineEntry.of(row) for row in rows]
