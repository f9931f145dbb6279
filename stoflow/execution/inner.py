"""Tasks that touch nothing outside, done in memory: written with the next claim, or with the end of their job."""

import time
from dataclasses import replace
from functools import partial

from stoflow.domain.facts.work import JobCompleted
from stoflow.domain.outcome import Done, Outcome, Refused
from stoflow.execution.attempting import only_outcome, reason_of
from stoflow.execution.conversation import broken, checked
from stoflow.execution.engine import step_of
from stoflow.execution.moves import COMPLETED, FAILED, GO_ON, RELOAD, Move
from stoflow.execution.progress import Progress
from stoflow.execution.reporting import result_of
from stoflow.execution.telling import note_broken, note_failed
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.engine.close import close_completed, close_failed
from stoflow.storage.engine.folded import close_folded
from stoflow.storage.engine.reads.workers import StoredTask
from stoflow.storage.engine.unrecorded import InnerDone


def do_in_memory(progress: Progress, task: StoredTask) -> Move:
    """Do an inner task; its output is written with what follows."""
    begun_s = time.monotonic()
    outcome = _do(progress, task)
    if not isinstance(outcome, Done):
        return _fail(progress, task, outcome, begun_s)
    digest = progress.inputs.digest(task)
    progress.inner.append(InnerDone(task.id, task.name, outcome.output, digest, begun_s, time.monotonic()))
    progress.inputs.add(task.name, outcome.output)
    return GO_ON


def complete(progress: Progress) -> Move:
    """Close a job whose tasks are all done."""
    job = progress.job
    result = result_of(job, progress.inputs.outputs)
    closing = progress.closing()
    failpoint("close.before")
    closed = progress.write_together(
        lambda: close_completed(closing, result), in_one=lambda folded: close_folded(closing, folded, result)
    )
    failpoint("close.after")
    if not closed.granted:
        return RELOAD
    record(JobCompleted(job.tenant, job.id, job.marketplace, job.action, job.lasted_s))
    return COMPLETED


def _do(progress: Progress, task: StoredTask) -> Outcome:
    engine, job = progress.engine, progress.job
    try:
        failpoint("inner.before")
        attempt = engine.attempt(job, task, marker=task.marker, outputs=progress.inputs.outputs)
        return only_outcome(checked(step_of(engine, job, task).do(attempt)))
    except Exception as error:  # noqa: BLE001 - a fault of one step is that step's outcome, whatever it is
        return broken(error, unsafe=False)


def _fail(progress: Progress, task: StoredTask, outcome: Outcome, begun_s: float) -> Move:
    """An inner task gives the same answer each time, so whatever is not Done is final."""
    job = progress.job
    note_broken(job, task, outcome)
    kind, errors = ("refused", outcome.errors) if isinstance(outcome, Refused) else ("broken", ())
    failed = partial(
        close_failed,
        progress.closing(),
        task=task.id,
        name=task.name,
        begun_s=begun_s,
        reason=reason_of(outcome),
        kind=kind,
        errors=errors,
    )
    failpoint("refuse.before")
    closed = progress.write_together(failed)
    failpoint("refuse.after")
    if not closed.granted:
        return RELOAD
    note_failed(job, replace(task, claims=task.claims.next()), kind, reason_of(outcome))
    return FAILED
