"""A look: finding out what became of an attempt whose answer was lost, before anything is done again."""

import time
from dataclasses import replace

from stoflow.domain.attempt import Attempt
from stoflow.domain.errors import DatabaseRefused, DatabaseUnavailable
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.job import TaskKind, TaskStatus
from stoflow.domain.outcome import CannotTell, LookResult
from stoflow.domain.run import NextMove, RunMessage, RunMode, RunReport
from stoflow.execution.attempting import (
    attempt_name,
    command_statement,
    held_back,
    looked,
    sender,
    tried,
    tries_of,
    write_settle,
)
from stoflow.execution.conversation import NextCommand, hold, resume
from stoflow.execution.engine import Engine, outputs_of, step_of
from stoflow.execution.hand_back import hand_back
from stoflow.execution.moves import GO_ON, RELOAD, Move, Settlement
from stoflow.execution.reporting import changed, report_of
from stoflow.execution.settle import look_settlement
from stoflow.execution.telling import concluded
from stoflow.execution.unconfirmed import release
from stoflow.marketplaces.contract import Look
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.engine.claim import claim_look
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask, read_job
from stoflow.storage.engine.statement import Statement


def look(engine: Engine, message: RunMessage) -> None:
    """Look for what the task's last attempt may have done, adopt it or confirm its absence, and report."""
    with engine.database.records() as connection:
        job = read_job(connection, message.tenant, message.job)
    task = next((task for task in job.tasks if task.id == message.task), None) if job else None
    if job is None or task is None:
        return
    stale = task.status is not TaskStatus.RUNNING or not task.verifying or task.claims != message.claims
    back = None if stale else hand_back(engine, job, task)
    move = RELOAD if stale else back or _unless_held_back(engine, message, job, task)
    engine.feed.report(message.owner, _report(job, task, move, claimed=back is None))
    engine.feed.job_changed(changed(job, move, len(outputs_of(job))))


def look_of(engine: Engine, job: StoredJob, task: StoredTask) -> tuple[Look, Attempt]:
    """Return the step's look with what it may know: the marker is the one of the attempt looked for."""
    step = step_of(engine, job, task)
    if step.look is None:
        message = f"The step {step.name} of {job.action}_{job.marketplace} cannot be looked for."
        raise LookupError(message)
    return step.look, engine.attempt(job, task, marker=task.marker, outputs=outputs_of(job))


def settle_look(engine: Engine, job: StoredJob, task: StoredTask, found: LookResult) -> Move:
    """Write what a look found; `task.claims` is the look's own fence."""
    about = tried(engine, job, task, step_of(engine, job, task))
    try:
        return _record(engine, job, task, look_settlement(about, found, engine.tempo, engine.random))
    except DatabaseRefused as error:
        record(database_failure("recording what a look found", error))
        return _record(engine, job, task, look_settlement(about, CannotTell(str(error)), engine.tempo, engine.random))


def _record(engine: Engine, job: StoredJob, task: StoredTask, settled: Settlement) -> Move:
    failpoint("look.settle.before")
    recorded = write_settle(engine, job, settled.first, *settled.more)
    failpoint("look.settle.after")
    return concluded(job, task, settled, recorded)


def _unless_held_back(engine: Engine, message: RunMessage, job: StoredJob, task: StoredTask) -> Move:
    """Look, also where StoFlow's application is refused, if a person's cancel waits for it."""
    waits = None if job.cancel_requested else held_back(engine, job, then=NextMove.LOOK)
    return waits or _look(engine, message, job, task)


def _look(engine: Engine, message: RunMessage, job: StoredJob, task: StoredTask) -> Move:
    find, attempt = look_of(engine, job, task)
    timeout_s = engine.timeout_s(job)
    now = replace(task, claims=task.claims + 1)
    if engine.registry.marketplace(job.marketplace).transport == "plugin":
        return _ask_plugin(engine, message, job, now, (find, attempt, timeout_s))
    if not _claim(engine, message, job, task, timeout_s + engine.lease_s, holds=True):
        return RELOAD
    send = sender(engine, job, now.name, attempt_name(job, now), time.monotonic() + timeout_s)
    return settle_look(engine, job, now, looked(hold(find(attempt), send, TaskKind.REPEATABLE)))


def _ask_plugin(
    engine: Engine, message: RunMessage, job: StoredJob, now: StoredTask, asked: tuple[Look, Attempt, float]
) -> Move:
    find, attempt, timeout_s = asked
    pending = resume(find(attempt), (), TaskKind.REPEATABLE)
    before = replace(now, claims=now.claims - 1)
    if not isinstance(pending, NextCommand):
        claimed = _claim(engine, message, job, before, timeout_s, holds=True)
        return settle_look(engine, job, now, looked(pending)) if claimed else RELOAD
    issued = command_statement(job.tenant, now, pending)
    if not _claim(engine, message, job, before, timeout_s, holds=False, more=(issued,)):
        return RELOAD
    engine.feed.commands_waiting(job.tenant)
    return Move(NextMove.PLUGIN, timeout_s)


def _claim(
    engine: Engine,
    message: RunMessage,
    job: StoredJob,
    task: StoredTask,
    deadline_s: float,
    *,
    holds: bool,
    more: tuple[Statement[bool], ...] = (),
) -> bool:
    process = engine.process()
    statement = claim_look(
        job.tenant,
        task=task.id,
        claims=task.claims,
        epoch=message.epoch,
        process=process,
        holder=process if holds else None,
        deadline_s=deadline_s,
        marketplace=job.marketplace,
        tries=None if job.cancel_requested else tries_of(engine, job),
    )
    failpoint("look.claim.before")
    try:
        granted = engine.recorder.write(job.tenant, job.id, statement, *more)
    except DatabaseUnavailable:
        release(engine, job, task.id, task.claims + 1, process if holds else None)
        raise
    failpoint("look.claim.after")
    return granted


def _report(job: StoredJob, task: StoredTask, move: Move, *, claimed: bool) -> RunReport:
    """After an adoption the job goes on: its owner reads it again."""
    after = RELOAD if move is GO_ON else move
    return report_of(job, after, task.id, task.claims + claimed, mode=RunMode.LOOK)
