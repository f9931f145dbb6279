"""A look: finding out what became of an attempt whose answer was lost, before anything is done again."""

import math
from dataclasses import dataclass, replace

from stoflow.domain.errors import DatabaseUnavailable
from stoflow.domain.ids import Epoch
from stoflow.domain.job import TaskKind, TaskStatus
from stoflow.domain.outcome import LookResult, Outcome
from stoflow.domain.run import NextMove, RunMessage, RunMode
from stoflow.execution.attempting import held_back, looked, tries_of, write_settle
from stoflow.execution.carriers import carrier_of
from stoflow.execution.concerning import about_job
from stoflow.execution.conversation import Begun
from stoflow.execution.engine import Engine, outputs_of
from stoflow.execution.hand_back import hand_back
from stoflow.execution.moves import GO_ON, HELD, RELOAD, Move, Settlement
from stoflow.execution.of_task import OfTask
from stoflow.execution.reporting import changed, report_of
from stoflow.execution.settle import look_settlement
from stoflow.execution.telling import concluded
from stoflow.execution.unconfirmed_claim import release
from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.engine.claim import claim_look
from stoflow.storage.engine.operations import forget_operation
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask, read_job
from stoflow.storage.engine.statement import Statement


def look(engine: Engine, message: RunMessage) -> None:
    """Look for what the task's last attempt may have done, adopt it or confirm its absence, and report."""
    with engine.database.records() as connection:
        job = read_job(connection, message.tenant, message.job)
    task = next((task for task in job.tasks if task.id == message.task), None) if job else None
    if job is None or task is None:
        return
    with about_job(job):
        move, now = _go(engine, message, job, task)
    after = RELOAD if move is GO_ON else move  # after an adoption the job goes on: its owner reads it again
    engine.feed.report(message.owner, report_of(job, after, now.id, now.claims, mode=RunMode.LOOK))
    engine.feed.job_changed(changed(engine, job, move, len(outputs_of(job))))


def _go(engine: Engine, message: RunMessage, job: StoredJob, task: StoredTask) -> tuple[Move, StoredTask]:
    if task.status is not TaskStatus.RUNNING or not task.verifying or task.claims != message.claims:
        return RELOAD, task
    if job.resting:
        return HELD, task
    if waits := hand_back(engine, job, task) or _held_back(engine, job):
        return waits, task
    permitted = PermittedLook(engine, job, replace(task, claims=task.claims.next()), message.epoch)
    return carrier_of(engine, permitted).carry(permitted), permitted.task


def _held_back(engine: Engine, job: StoredJob) -> Move | None:
    """Look, also where StoFlow's application is refused, if a person's cancel waits for it."""
    return None if job.cancel_requested else held_back(engine, job, then=NextMove.LOOK)


@dataclass(frozen=True, slots=True)
class Look(OfTask):
    """A look for what `task` may have done, under the look's own fence; the marker is that of the attempt before."""

    @property
    def purpose(self) -> str:
        return "look"

    @property
    def kind(self) -> TaskKind:
        return TaskKind.REPEATABLE

    def converse(self) -> Begun:
        step = self.step
        if step.look is None:
            message = f"The step {step.name} of {self.job.action}_{self.job.marketplace} cannot be looked for."
            raise LookupError(message)
        outputs = outputs_of(self.job)
        return step.look(self.engine.attempt(self.job, self.task, marker=self.task.marker, outputs=outputs))

    def settlement(self, result: Outcome | LookResult) -> Settlement:
        settled = look_settlement(self.tried, looked(result), self.engine.tempo, self.engine.random)
        if not self.task.is_accepted:
            return settled
        return replace(settled, more=(*settled.more, forget_operation(self.job.tenant, self.task.id)))

    def write(self, settled: Settlement, *more: Statement[bool]) -> Move:
        failpoint("look.settle.before")
        recorded = write_settle(self.engine, self.job, settled.first, *settled.more, *more)
        failpoint("look.settle.after")
        return concluded(self.job, self.task, settled, recorded)


@dataclass(frozen=True, slots=True)
class PermittedLook(Look):
    """A look that a message permits, of the owner's `epoch`."""

    epoch: Epoch
    valid_s: float = math.inf  # it takes no pace, and what it finds too late is fenced

    def claim(self, deadline_s: float, *more: Statement[bool], holds: bool) -> bool:
        engine, job, task = self.engine, self.job, self.task
        process = engine.process()
        statement = claim_look(
            job.tenant,
            task=task.id,
            claims=task.claims.before(),
            epoch=self.epoch,
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
            release(engine, job, task.id, task.claims, process if holds else None)
            raise
        failpoint("look.claim.after")
        return granted
