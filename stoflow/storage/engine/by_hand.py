"""An end for a job that somebody did, or could not do, without StoFlow: completed or failed by hand."""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.ids import JobId, TenantId
from stoflow.storage.engine.facts import UNFINISHED
from stoflow.storage.engine.folded import unfold_jobs
from stoflow.storage.engine.statement import bind, s
from stoflow.storage.engine.unfinished import SKIP

# Locked first and judged by a later statement, which sees the claims committed until then.
LOCK = f"SELECT j.id FROM {s}.marketplace_jobs j WHERE j.id = %(job)s FOR UPDATE"

# What is under way, or may have been done, ends by its own settle or look.
ENDED = f"""
WITH was AS MATERIALIZED (
  SELECT j.id, j.status FROM {s}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN {UNFINISHED} AND NOT EXISTS (
    SELECT FROM {s}.marketplace_tasks t WHERE t.job_id = j.id AND t.status = 'running')
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = %(status)s, completed_at = clock_timestamp(), started_at = coalesce(j.started_at, clock_timestamp()),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = NULL, waiting = NULL
  FROM was WHERE j.id = was.id RETURNING j.id, was.status AS before
)"""

SAID = f"""said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT id, NULL::text, 'pending', 'running', 'started', 0, NULL::jsonb FROM job WHERE before = 'pending'"""
ENDING = """
  UNION ALL SELECT id, NULL, 'running', %(status)s, %(cause)s, 0, %(detail)s::jsonb FROM job
)
SELECT id FROM job
"""

COMPLETE = f"""{ENDED}, task AS ({SKIP}), {SAID}
  UNION ALL SELECT job_id, name, 'pending', 'skipped', %(cause)s, claims, NULL FROM task{ENDING}"""

# Its tasks wait where they are: a retry goes on with them.
FAIL = f"""{ENDED}, {SAID}{ENDING}"""


def complete_by_hand(connection: Connection[DictRow], tenant: TenantId, job: JobId, result: Mapping[str, Any]) -> bool:
    """Complete the job and skip what is left of it; False where it is final, under way, or not there."""
    bind(LOCK, tenant, job=job).on(connection)
    unfold_jobs(connection, tenant, job)
    columns = {"status": "completed", "result": Jsonb(dict(result)), "reason": None, "kind": None, "detail": None}
    row = bind(COMPLETE, tenant, job=job, cause="completed by hand", **columns).on(connection).fetchone()
    return row is not None


def fail_by_hand(
    connection: Connection[DictRow], tenant: TenantId, job: JobId, reason: str, *, cause: str = "failed by hand"
) -> bool:
    """Fail the job; False as above. `cause` is what its timeline calls it."""
    bind(LOCK, tenant, job=job).on(connection)
    unfold_jobs(connection, tenant, job)
    columns = {"status": "failed", "result": None, "kind": "refused", "detail": Jsonb({"reason": reason})}
    row = bind(FAIL, tenant, job=job, cause=cause, reason=reason, **columns).on(connection).fetchone()
    return row is not None
