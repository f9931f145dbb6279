"""Settles of a job that is one row: a done attempt, with the listing that it gave or ended, in the row's own fence."""

import time

from stoflow.domain.fence import Fence
from stoflow.domain.ids import JobId, TaskId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.outcome import Done
from stoflow.storage.engine.folded import IS_OURS, Folded, fenced
from stoflow.storage.engine.recorded import Recorded
from stoflow.storage.engine.settle import FORGOTTEN, GONE, LISTED, WHERE_REPLACED, listed_params
from stoflow.storage.engine.statement import Statement, bind, composed, s
from stoflow.storage.engine.unrecorded import Settled, Unrecorded

SET = """folded = %(document)s::jsonb, fence = j.fence + 1, claimed_by = NULL, deadline = NULL"""

SETTLE = f"""
UPDATE {s}.marketplace_jobs j SET {SET}, acted = j.acted OR %(acted)s WHERE {IS_OURS} RETURNING false AS cancelled
"""
JOB = f"""job AS MATERIALIZED (
  SELECT j.id, j.product_id, j.marketplace FROM {s}.marketplace_jobs j WHERE {IS_OURS} FOR UPDATE OF j
)"""
SETTLE_LISTED = f"""
WITH {JOB}, task AS (SELECT %(marker)s::text AS marker), {LISTED}
UPDATE {s}.marketplace_jobs j SET {SET}, acted = j.acted OR coalesce((SELECT visible FROM listing), false)
FROM job WHERE j.id = job.id
RETURNING false AS cancelled, (SELECT external_id FROM listing) AS external_id
"""
SETTLE_ENDED = f"""
WITH {JOB}{FORGOTTEN}{GONE}
UPDATE {s}.marketplace_jobs j SET {SET}, acted = true FROM job WHERE j.id = job.id
RETURNING false AS cancelled, '' AS external_id
"""


def settle_folded(
    tenant: TenantId, job: JobId, folded: Folded, task: TaskId, done: Done, *, marker: str, marked: bool
) -> Statement[Recorded | None]:
    """Complete the task and record what its attempt gave; None where the job is not as this run knows it (any more)."""
    settled = Settled(task, "", Fence(1), done.output, time.monotonic())
    document = folded.after(Unrecorded(after=settled))
    params = fenced(job, folded, document, JobStatus.RUNNING)
    if done.ended:
        statement = bind(SETTLE_ENDED, tenant, ended=done.ended, **params)
    elif done.listed is None:
        statement = bind(SETTLE, tenant, acted=done.acted, **params)
    else:
        text = composed(SETTLE_LISTED, *(WHERE_REPLACED if done.listed.replaces else ()))
        statement = bind(text, tenant, marker=marker or None, marked=marked, **listed_params(done.listed), **params)
    return statement.answering(folded.knowing(document, Recorded.of))
