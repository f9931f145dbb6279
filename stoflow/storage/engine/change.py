"""What a person asks of a job that exists: cancel, retry."""

from collections.abc import Collection, Sequence

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.facts import UNFINISHED
from stoflow.storage.engine.folded import unfold_jobs
from stoflow.storage.engine.ownership import announce
from stoflow.storage.engine.statement import bind, s
from stoflow.storage.engine.unfinished import finish_cancel

REQUEST_CANCEL = f"""
WITH job AS (
  UPDATE {s}.marketplace_jobs SET cancel_requested = true
  WHERE id = ANY(%(jobs)s::int[]) AND status IN {UNFINISHED} RETURNING id
), said AS (
  INSERT INTO {s}.job_timeline (job_id, cause) SELECT id, 'cancel requested' FROM job
)
SELECT id FROM job
"""

WAITING = """
SELECT j.id FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a ON a.id = j.action_type_id
WHERE j.product_id = ANY(%(products)s::int[]) AND j.marketplace = %(marketplace)s AND a.code = ANY(%(actions)s::text[])
  AND j.status = 'pending' AND NOT j.acted AND NOT j.cancel_requested ORDER BY j.id
"""

LATER = """later.product_id = j.product_id AND later.id > j.id
  AND later.marketplace = j.marketplace AND later.status = 'pending' AND later.started_at IS NULL"""
UNFOLD_LATER = f"""
SELECT public.unfold('{s}', ARRAY(
  SELECT later.id FROM {s}.marketplace_jobs j JOIN {s}.marketplace_jobs later ON {LATER}
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.status = 'failed' AND later.folded IS NOT NULL))
"""
# Moves the fences of later jobs of the product, and waits for claims of theirs that are being committed: one whose
# statement began before the retry does not see that a job stands before it again.
FENCE_LATER = f"""
UPDATE {s}.marketplace_tasks t SET claims = t.claims + 1
FROM {s}.marketplace_jobs j, {s}.marketplace_jobs later
WHERE j.id = ANY(%(jobs)s::int[]) AND j.status = 'failed' AND {LATER}
  AND t.job_id = later.id AND t.status = 'pending' AND NOT EXISTS (
    SELECT FROM {s}.marketplace_tasks b
    WHERE b.job_id = t.job_id AND b.position < t.position AND b.status = 'pending' AND b.kind <> 'inner')
"""

# Refused once a later job of the product has started: its effect would come out of order. A task that was given up
# before its outcome was known begins with the look that is owed.
RETRY = """
WITH job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'pending', completed_at = NULL, error_message = NULL, error_kind = NULL, error_fields = NULL,
      cancel_requested = false, redispatches = 0, waiting = NULL, not_before = NULL, expires_at = NULL,
      retry_count = j.retry_count + 1
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.status = 'failed' AND NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs later
    WHERE later.product_id = j.product_id AND later.marketplace = j.marketplace AND later.id > j.id
      AND later.started_at IS NOT NULL)
  RETURNING j.id
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = CASE WHEN t.look_at IS NULL THEN 'pending' ELSE 'running' END, failures = 0, deaths = 0,
      not_before = NULL, error = NULL, error_kind = NULL, error_fields = NULL, completed_at = NULL,
      look_at = CASE WHEN t.look_at IS NOT NULL THEN clock_timestamp() END
  FROM job WHERE t.job_id = job.id AND t.status = 'failed' RETURNING t.job_id, t.name, t.claims, t.status
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt)
  SELECT id, NULL, 'failed', 'pending', 'retry requested', 0 FROM job
  UNION ALL SELECT job_id, name, 'failed', 'pending', 'retry requested', claims FROM task
  UNION ALL SELECT job_id, name, 'pending', 'running', 'looked for first', claims FROM task WHERE status = 'running'
)
SELECT id FROM job
"""

# Those accepted before one on its product are as urgent as it is, for it waits for them.
RAISE = f"""
WITH job AS (
  UPDATE {s}.marketplace_jobs SET priority = %(priority)s
  WHERE id = ANY(%(jobs)s::int[]) AND status IN {UNFINISHED} AND priority > %(priority)s
  RETURNING id, product_id, marketplace
), inherited AS (
  UPDATE {s}.marketplace_jobs ahead SET priority = %(priority)s FROM job
  WHERE ahead.product_id = job.product_id AND ahead.marketplace = job.marketplace AND ahead.id < job.id
    AND ahead.id <> ALL(%(jobs)s::int[]) AND ahead.status IN {UNFINISHED} AND ahead.priority > %(priority)s
  RETURNING ahead.id
), said AS (
  INSERT INTO {s}.job_timeline (job_id, cause, detail)
  SELECT id, 'priority raised', jsonb_build_object('priority', %(priority)s::int) FROM job
), announced AS (
  INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, id FROM inherited
)
SELECT id FROM job
"""


def request_cancel(connection: Transaction, tenant: TenantId, *jobs: JobId) -> list[JobId]:
    """Note that these jobs are to be cancelled; return those that are not final."""
    unfold_jobs(connection, tenant, *jobs)
    return [JobId(row["id"]) for row in bind(REQUEST_CANCEL, tenant, jobs=list(jobs)).on(connection)]


def raise_priority(connection: Connection[DictRow], tenant: TenantId, *jobs: JobId, priority: int) -> list[JobId]:
    """Make these jobs, and those they wait for, as urgent as this; return those that were not and are not final."""
    return [JobId(row["id"]) for row in bind(RAISE, tenant, jobs=list(jobs), priority=priority).on(connection)]


def cancel_waiting(
    connection: Transaction,
    tenant: TenantId,
    *,
    products: Sequence[int],
    marketplace: str,
    actions: Collection[str],
) -> None:
    """Cancel the jobs of these actions on these products that have not begun, and tell their owner."""
    about = {"products": list(products), "marketplace": marketplace, "actions": sorted(actions)}
    waiting = bind(WAITING, tenant, **about).on(connection)
    if jobs := [JobId(row["id"]) for row in waiting]:
        request_cancel(connection, tenant, *jobs)
        finish_cancel(connection, tenant, *jobs)
        announce(connection, tenant, *jobs)


def retry(connection: Connection[DictRow], tenant: TenantId, *jobs: JobId) -> list[JobId]:
    """Set FAILED jobs and their failed tasks to PENDING; return those that neither state nor a later job forbids."""
    bind(UNFOLD_LATER, tenant, jobs=list(jobs)).on(connection)
    bind(FENCE_LATER, tenant, jobs=list(jobs)).on(connection)
    return [JobId(row["id"]) for row in bind(RETRY, tenant, jobs=list(jobs)).on(connection)]
