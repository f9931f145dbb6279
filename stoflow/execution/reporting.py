"""What is told once a run has ended: to the tenant's owner what the job waits for, to the seller's pages how it is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stoflow.domain.ids import TaskId
from stoflow.domain.job import JobChanged
from stoflow.domain.observed import NAMED
from stoflow.domain.run import NextMove, RunMessage, RunMode, RunReport
from stoflow.execution.engine import Engine, Outputs
from stoflow.execution.moves import COMPLETED, Move
from stoflow.storage.engine.ownership import owner_of
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask

NAMED_IN_NEWS = 20


def changed(engine: Engine, job: StoredJob, move: Move, done: int) -> JobChanged:
    """Return what the seller's page is told of the job; its action by the name that people call it."""
    return JobChanged(
        tenant=job.tenant,
        job=job.id,
        marketplace=job.marketplace,
        action=engine.registry.name_of(job.marketplace, job.action),
        status=move.status,
        done=done,
        total=len(job.tasks),
    )


def completed(engine: Engine, job: StoredJob, result: Mapping[str, Any], done: int) -> JobChanged:
    """Return what it is told of a job that is completed: also the first of what its result names one by one."""
    named = {name: result[name][:NAMED_IN_NEWS] for name in sorted(NAMED & result.keys())}
    return replace(changed(engine, job, COMPLETED, done), named=named)


def result_of(job: StoredJob, outputs: Outputs) -> dict[str, Any]:
    """Return what came of a job whose tasks are all done."""
    return dict(outputs.get(job.tasks[-1].name, {}))


def report_of(job: StoredJob, move: Move, task: TaskId, claims: int, *, mode: RunMode = RunMode.ACT) -> RunReport:
    """Return what the tenant's owner is told: the task that the job has come to, and what it waits for."""
    return RunReport(
        tenant=job.tenant,
        job=job.id,
        marketplace=job.marketplace,
        mode=mode,
        move=move.next or NextMove.RELOAD,
        task=task,
        claims=claims,
        delay_s=move.delay_s,
    )


def tell_owner(engine: Engine, report: RunReport) -> None:
    """Let the tenant's queue hear of what came from outside a run: whoever owns the tenant now, if anybody does."""
    with engine.database.records() as connection:
        owner = owner_of(connection, report.tenant)
    if owner is not None:
        engine.feed.report(owner[0], report)


def report_run(
    engine: Engine, message: RunMessage, job: StoredJob, move: Move, task: StoredTask | None, outputs: Outputs
) -> None:
    """Tell what became of a run; `task` is the one it has come to."""
    at, claims = (task.id, task.claims) if task else (message.task, message.claims)
    engine.feed.report(message.owner, report_of(job, move, at, claims))
    is_done, done = move is COMPLETED, len(outputs)
    engine.feed.job_changed(
        completed(engine, job, result_of(job, outputs), done) if is_done else changed(engine, job, move, done)
    )
