"""A run: consecutive tasks of one job under one message. Inner tasks in memory, outside ones claimed and settled."""

from collections.abc import Iterator

from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus, TaskKind, TaskStatus
from stoflow.domain.run import NextMove, RunMessage
from stoflow.execution.act import flush, permitted_act
from stoflow.execution.attempting import held_at_place, held_back, in_rows
from stoflow.execution.carriers import carrier_of
from stoflow.execution.concerning import about_job
from stoflow.execution.engine import Engine
from stoflow.execution.hand_back import hand_back
from stoflow.execution.inner import complete, do_in_memory
from stoflow.execution.moves import GO_ON, HELD, RELOAD, Move
from stoflow.execution.planning import plan
from stoflow.execution.progress import Progress
from stoflow.execution.propagation import propagate_before
from stoflow.execution.reporting import report_run
from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask, job_read


def run(engine: Engine, message: RunMessage) -> None:
    """Run what the message permits and report what the job waits for; a stale message does nothing."""
    failpoint("message.before")
    job = _read(engine, message)
    failpoint("message.after")
    if job is None:
        return
    progress = Progress(engine, message, job)
    with engine.doing.at(job.tenant, job.id, job.marketplace, job.action), about_job(job):
        move, task = _go(progress)
        report_run(engine, message, progress.job, move, task, progress.inputs.outputs)


def _read(engine: Engine, message: RunMessage) -> StoredJob | None:
    """Read the job as the message tells it, and once more where that was not so."""
    tenant, job = message.tenant, message.job
    told = job_read(tenant, job, on_product=message.on_product, folded=message.folded)
    if found := engine.recorder.read(tenant, job, told):
        return found
    is_all = message.on_product and not message.folded
    return None if is_all else engine.recorder.read(tenant, job, job_read(tenant, job))


def _go(progress: Progress) -> tuple[Move, StoredTask | None]:
    """Do what may be done; return what the job waits for, and the task it has come to."""
    first = progress.job.next_task()
    if first is None and progress.job.status is JobStatus.PENDING:
        return plan(progress.engine, progress.job), None
    if progress.job.status in FINAL_JOB_STATUSES or first is None:
        return Move(NextMove.NOTHING, status=progress.job.status), first
    if waits := _is_stale(progress, first) or _why_not(progress, first):
        return waits, first
    for task in _tasks_from(progress, first):
        propagate_before(progress.engine, progress.job, task)
        in_memory = task.kind is TaskKind.INNER and not progress.message.stepwise
        move, now = (do_in_memory(progress, task), task) if in_memory else _act(progress, task)
        if move is not GO_ON:
            return move, now
    return complete(progress), None


def _is_stale(progress: Progress, task: StoredTask) -> Move | None:
    """Return what is read again where this is not the task of the message, or nothing of the job may be done."""
    message = progress.message
    if message.stepwise or not message.task:  # an orchestrator of the release before finds no task of one row
        in_rows(progress.engine, progress.job)
    stale = (task.id, task.claims) != (message.task, message.claims)
    if stale or task.status is not TaskStatus.PENDING or progress.job.held:
        return RELOAD
    return HELD if progress.job.resting else None


def _why_not(progress: Progress, task: StoredTask) -> Move | None:
    """Return what a job waits for that this worker may not run now, None where it may."""
    engine, job = progress.engine, progress.job
    return held_at_place(engine, job) or hand_back(engine, job, task) or held_back(engine, job, then=NextMove.RUN)


def _tasks_from(progress: Progress, first: StoredTask) -> Iterator[StoredTask]:
    for task in progress.job.tasks:
        if task.position >= first.position and task.status is not TaskStatus.SKIPPED:
            yield task


def _act(progress: Progress, task: StoredTask) -> tuple[Move, StoredTask]:
    """Have an outside task done, if this run has the permit that its pace asks for."""
    pace_s = progress.engine.pace_s(progress.job, task)
    if pace_s > 0 and not progress.message.permit:
        move = flush(progress)
        return (Move(NextMove.PACE) if move is GO_ON else move), progress.first_unrecorded(task)
    act = permitted_act(progress, task, pace_s)
    return carrier_of(progress.engine, act).carry(act), act.task
