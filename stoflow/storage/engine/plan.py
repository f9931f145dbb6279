"""The tasks of a job that came without any: a program that knows only the old columns wrote its row."""

from collections.abc import Sequence

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import TaskPlan
from stoflow.storage.engine.facts import PASSED
from stoflow.storage.engine.statement import bind, s
from stoflow.storage.engine.submit import task_rows

# Behind what such a program wrote of steps of its own. Of two workers who plan one job at once the first one does.
PLAN = f"""
WITH job AS MATERIALIZED (
  SELECT j.id, j.created_at FROM {s}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status = 'pending' AND NOT EXISTS (
    SELECT FROM {s}.marketplace_tasks t WHERE t.job_id = j.id AND t.status NOT IN {PASSED})
  FOR UPDATE
), last AS (
  SELECT coalesce(max(t.position), 0) AS position FROM {s}.marketplace_tasks t WHERE t.job_id = %(job)s
), said AS (
  INSERT INTO {s}.job_timeline (job_id, at, to_status, cause)
  SELECT id, created_at, 'pending', 'submitted' FROM job
  WHERE NOT EXISTS (SELECT FROM {s}.job_timeline l WHERE l.job_id = job.id)
)
INSERT INTO {s}.marketplace_tasks (job_id, name, position, kind, paced, status, created_at)
SELECT job.id, r.name, last.position + r.position, r.kind, r.paced, 'pending', clock_timestamp()
FROM job, last, jsonb_to_recordset(%(tasks)s) AS r(name text, position int, kind text, paced bool)
ON CONFLICT (job_id, position) DO NOTHING
"""


def plan_job(connection: Connection[DictRow], tenant: TenantId, job: JobId, tasks: Sequence[TaskPlan]) -> bool:
    """Write the tasks of a job that waits and has none before it; False where it has some, and is left as it is."""
    return bind(PLAN, tenant, job=job, tasks=Jsonb(task_rows(tasks))).on(connection).rowcount > 0
