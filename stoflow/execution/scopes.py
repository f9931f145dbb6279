"""A job accepted before it was known that the seller did not grant its action waits, and says what is missing."""

from stoflow.domain.job import TaskStatus
from stoflow.domain.run import NextMove
from stoflow.execution.attempting import write_in_rows
from stoflow.execution.engine import Engine
from stoflow.execution.moves import RELOAD, Move
from stoflow.monitoring.failpoints import failpoint
from stoflow.resources.jobs.scopes import why_impossible
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.storage.engine.scopes import ASK_AGAIN_S, wait_for_scopes


def wait_for_grant(engine: Engine, job: StoredJob, task: StoredTask) -> Move | None:
    """Let a task wait whose action the seller did not grant; None where nothing is missing."""
    reason = why_impossible(engine.registry, job.marketplace, job.action, job.granted)
    if not reason or task.status is not TaskStatus.PENDING:
        return None
    statement = wait_for_scopes(job.tenant, task.id, task.claims, reason)
    failpoint("grant.before")
    waits = write_in_rows(engine, job, statement)
    failpoint("grant.after")
    return Move(NextMove.RUN, ASK_AGAIN_S) if waits else RELOAD
