"""Jobs as their owners see them: one statement for a job, one for a page, one for a timeline."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId
from stoflow.storage.engine.hand_back import somebody_may_know
from stoflow.storage.engine.refuse import REFUSAL
from stoflow.storage.engine.statement import bind

# Why nobody may do the next thing of a job while a newer release takes the place of an older one.
UNKNOWN = f"""(
    SELECT jsonb_build_object('task', u.task, 'by_some', {somebody_may_know("u")})
    FROM public.unknown_tasks u JOIN public.processes p ON p.id = u.process
    WHERE NOT p.dead AND p.expires_at > clock_timestamp() AND u.marketplace = j.marketplace AND u.action = a.code
      AND EXISTS (
        SELECT FROM {{s}}.marketplace_tasks k
        WHERE k.job_id = j.id AND k.status NOT IN ('completed', 'skipped') AND split_part(k.name, ':', 1) = u.task)
    ORDER BY u.since LIMIT 1)"""
SERVED = """(
    SELECT bool_or(w.serves IS NULL OR j.marketplace = ANY(w.serves)) FROM public.processes w
    WHERE w.kind = 'worker' AND NOT w.dead AND w.expires_at > clock_timestamp())"""
DECIDED = """(
    SELECT o.serves IS NULL OR j.marketplace = ANY(o.serves)
    FROM public.tenant_work tw JOIN public.processes o ON o.id = tw.owner
    WHERE tw.tenant = %(tenant)s AND NOT o.dead AND o.expires_at > clock_timestamp())"""

VIEW = f"""
SELECT j.id, j.marketplace, a.code AS action, j.status, j.product_id, j.priority, j.created_at, j.started_at,
       j.completed_at, j.not_before, j.expires_at, j.result_data, j.error_message, j.error_kind, j.error_fields,
       j.cancel_requested, j.batch_job_id,
       CASE WHEN j.status NOT IN ('pending', 'running') THEN NULL ELSE jsonb_build_object(
         'suspended', NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active),
         'halted', c.marketplace IS NOT NULL, 'reason', coalesce(c.reason, j.waiting),
         'by_plugin', j.marketplace = ANY(%(plugin_marketplaces)s::text[]),
         'offline', j.marketplace = ANY(%(plugin_marketplaces)s::text[]) AND NOT coalesce(v.connected, false),
         'offline_since', v.since,
         'behind', (SELECT min(e.id) FROM {{s}}.marketplace_jobs e WHERE e.marketplace = j.marketplace
           AND e.product_id = j.product_id AND e.id < j.id AND e.status IN ('pending', 'running')),
         'unknown', {UNKNOWN}, 'served', {SERVED}, 'decided', {DECIDED}, 'refusal', {REFUSAL},
         'late_until', CASE WHEN j.status = 'pending' THEN (
           SELECT max(e.late_until) FROM {{s}}.marketplace_jobs e WHERE e.marketplace = j.marketplace
             AND e.product_id = j.product_id AND e.id < j.id AND e.late_until > clock_timestamp())
           WHEN j.late_until > clock_timestamp() AND t.kind <> 'repeatable' THEN j.late_until END,
         'look_at', t.look_at, 'retry_at', t.not_before, 'error', t.error, 'status', t.status) END AS standing,
       (SELECT jsonb_agg(k ORDER BY k.position) FROM (
          SELECT id, name, position, status, claims, failures, look_at IS NOT NULL AS verifying, output, error,
                 error_fields, not_before, created_at, started_at, completed_at
          FROM {{s}}.marketplace_tasks WHERE job_id = j.id AND %(tasks)s) AS k) AS tasks
FROM {{s}}.marketplace_jobs j
JOIN public.marketplace_action_types a ON a.id = j.action_type_id
LEFT JOIN {{s}}.connections c ON c.marketplace = j.marketplace AND c.state <> 'connected'
LEFT JOIN public.plugin_presence v ON v.tenant = %(tenant)s
LEFT JOIN LATERAL (
  SELECT * FROM {{s}}.marketplace_tasks WHERE job_id = j.id AND status NOT IN ('completed', 'skipped')
  ORDER BY position LIMIT 1) AS t ON j.status IN ('pending', 'running')
"""

ONE = VIEW + "WHERE j.id = %(job)s"

PAGE = (
    VIEW
    + """
WHERE (%(marketplace)s::text IS NULL OR j.marketplace = %(marketplace)s)
  AND (%(status)s::text IS NULL OR j.status = %(status)s) AND (%(action)s::text IS NULL OR a.code = %(action)s)
  AND (%(product_id)s::int IS NULL OR j.product_id = %(product_id)s)
  AND (%(created_after)s::timestamptz IS NULL OR j.created_at > %(created_after)s)
  AND (%(created_before)s::timestamptz IS NULL OR j.created_at < %(created_before)s)
  AND (%(before)s::int IS NULL OR j.id < %(before)s)
ORDER BY j.id DESC LIMIT %(limit)s
"""
)

# Told in the order of the lines, by times that never fall: two processes may write of a job within a microsecond, and
# PostgreSQL's clock may be set back.
TIMELINE = """
SELECT id, max(at) OVER (ORDER BY id) AS at, task, from_status, to_status, cause, attempt, detail
FROM {s}.job_timeline WHERE job_id = %(job)s ORDER BY id
"""


def view_job(
    connection: Connection[DictRow], tenant: TenantId, job: JobId, *, plugin_marketplaces: Sequence[str]
) -> DictRow | None:
    statement = bind(ONE, tenant, job=job, tasks=True, plugin_marketplaces=list(plugin_marketplaces))
    return statement.on(connection).fetchone()


def view_page(
    connection: Connection[DictRow], tenant: TenantId, *, plugin_marketplaces: Sequence[str], **filters: Any
) -> list[DictRow]:
    """Return jobs, newest first; `filters` are PAGE's parameters, each None for any."""
    statement = bind(PAGE, tenant, tasks=False, plugin_marketplaces=list(plugin_marketplaces), **filters)
    return statement.on(connection).fetchall()


def view_timeline(connection: Connection[DictRow], tenant: TenantId, job: JobId) -> list[DictRow]:
    statement = bind(TIMELINE, tenant, job=job)
    return statement.on(connection).fetchall()
