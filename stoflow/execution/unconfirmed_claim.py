"""A claim nobody heard of: PostgreSQL went away while it was committed, so it may hold a task that no thread runs."""

from contextlib import suppress

from stoflow.domain.errors import DatabaseUnavailable
from stoflow.domain.ids import ProcessId, TaskId
from stoflow.execution.attempting import write_settle
from stoflow.execution.engine import Engine
from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.engine.claim import release_claim
from stoflow.storage.engine.reads.workers import StoredJob


def release(engine: Engine, job: StoredJob, task: TaskId, claims: int, holder: ProcessId | None) -> None:
    """Let the sweeper free the attempt now and not at its deadline; nothing was called under it yet.

    Where PostgreSQL stays away longer than a lease, this process is dead to the others and its claims with it.
    `holder` None is a plugin's attempt: its command was committed with the claim, so that the plugin answers it.
    """
    if holder is not None:
        failpoint("unheard.before")
        with suppress(DatabaseUnavailable):
            write_settle(engine, job, release_claim(job.tenant, task=task, claims=claims, holder=holder))
        failpoint("unheard.after")
