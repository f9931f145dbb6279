"""Each call that a job made directly: kept with the job, the newest few hundred of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.ids import JobId, TenantId
from stoflow.storage.engine.statement import bind

MOST: Final = 300
"""Calls that are kept of a job: one that is tried again for days says no more by more of them."""

# What was made for a job that is forgotten already is forgotten with it. Of each job that has more than enough the
# oldest are let go; those that are added now are not counted yet.
KEEP = """
WITH made AS MATERIALIZED (
  SELECT c.* FROM jsonb_to_recordset(%(calls)s) AS c(
    job_id integer, at timestamptz, task text, purpose text, attempt integer, method text, path text, code integer,
    error text, took_ms integer)
  WHERE EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.id = c.job_id)
), old AS (
  DELETE FROM {s}.job_calls c
  USING (SELECT DISTINCT job_id FROM made) AS job
  CROSS JOIN LATERAL (
    SELECT l.at FROM {s}.job_calls l WHERE l.job_id = job.job_id ORDER BY l.at DESC OFFSET %(most)s LIMIT 1) AS last
  WHERE c.job_id = job.job_id AND c.at <= last.at
)
INSERT INTO {s}.job_calls (job_id, at, task, purpose, attempt, method, path, code, error, took_ms)
SELECT job_id, at, task, purpose, attempt, method, path, code, error, took_ms FROM made
"""
READ = """
SELECT at, task, purpose, attempt, method, path, code, error, took_ms
FROM {s}.job_calls WHERE job_id = %(job)s ORDER BY at DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class CallView:
    """A call that an attempt made: `purpose` is "act", "look" or "collect", `code` its status, None where no answer
    came, and `error` why not. Secrets in `path` are covered.
    """

    at: datetime
    task: str
    purpose: str
    attempt: int
    method: str
    path: str
    code: int | None
    error: str | None
    took_ms: int


def keep_calls(
    connection: Connection[DictRow], tenant: TenantId, calls: Sequence[tuple[JobId, CallView]], *, most: int = MOST
) -> None:
    """Keep these calls of a tenant's jobs, and no more than about `most` of each job."""
    told = [{**asdict(call), "at": call.at.isoformat(), "job_id": job} for job, call in calls]
    bind(KEEP, tenant, calls=Jsonb(told), most=most - 1).on(connection)


def view_calls(connection: Connection[DictRow], tenant: TenantId, job: JobId) -> Sequence[CallView]:
    """Return the last calls of the job, oldest first."""
    rows = bind(READ, tenant, job=job, most=MOST).on(connection).fetchall()
    return [CallView(**row) for row in reversed(rows)]
