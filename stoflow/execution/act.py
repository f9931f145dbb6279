"""An act: one task of a job, done under its claim."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

from stoflow.domain.errors import DatabaseUnavailable
from stoflow.domain.job import JobStatus, TaskKind
from stoflow.domain.outcome import LookResult, Outcome
from stoflow.execution.attempting import only_outcome, tries_of, write_settle
from stoflow.execution.conversation import Begun
from stoflow.execution.engine import Engine, Outputs, step_of
from stoflow.execution.moves import GO_ON, Move, Settlement
from stoflow.execution.of_task import OfTask
from stoflow.execution.progress import Progress
from stoflow.execution.settle import output_settlement, settlement
from stoflow.execution.telling import concluded, note_broken
from stoflow.execution.unconfirmed_claim import release
from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.engine.claim import Claim
from stoflow.storage.engine.folded import Folded, claim_folded
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.storage.engine.recorded import Granted, Recorded
from stoflow.storage.engine.settle_folded import settle_folded
from stoflow.storage.engine.statement import Statement

MARKER_PREFIX = "stoflow-draft-"


@dataclass(frozen=True, slots=True)
class Act(OfTask):
    """An act as whoever hears of its end knows it; `task` is at the fence of its claim."""

    outputs: Outputs

    @property
    def purpose(self) -> str:
        return "act"

    @property
    def kind(self) -> TaskKind:
        return self.task.kind

    def converse(self) -> Begun:
        attempt = self.engine.attempt(self.job, self.task, marker=self.task.marker, outputs=self.outputs)
        return self.step.do(attempt)

    def settlement(self, result: Outcome | LookResult) -> Settlement:
        outcome = only_outcome(result)
        note_broken(self.job, self.task, outcome)
        return settlement(self.tried, outcome, self.engine.tempo, self.engine.random)

    def write(self, settled: Settlement, *more: Statement[bool]) -> Move:
        return write_act(self.engine, self.job, self.task, settled, *more)[1]


@dataclass(frozen=True, slots=True)
class PermittedAct(Act):
    """An act as a run comes to it: claimed with what was done before it, settled with what follows where it may be."""

    progress: Progress
    pace_s: float

    @property
    def valid_s(self) -> float:
        half_s = self.engine.lease_s / 2
        return min(half_s, self.engine.slot_s(self.task, self.pace_s) or half_s)

    def claim(self, deadline_s: float, *more: Statement[bool], holds: bool) -> bool:
        """Commit the settle before it together with the claim; return whether it was granted."""
        claim = self._claim(deadline_s, holds=holds)
        failpoint("claim.before")
        try:
            claimed = self.progress.write_together(claim.statement, *more, in_one=self._in_one(claim))
        except DatabaseUnavailable:
            self._release(claim)
            raise
        failpoint("claim.after")
        self.progress.is_claimed()
        if not claimed.settled:
            self._release(claim)  # both may have been committed by a first try whose answer was lost
        return claimed.granted

    def write(self, settled: Settlement, *more: Statement[bool]) -> Move:
        """Settle, at once or with the next claim; which listing was chosen, or that none is left, is known only now."""
        if settled.done is not None:
            self.progress.inputs.add(self.task.name, settled.done.output)
            if settled.done.is_output_only and not more:
                self.progress.defer(self.task, settled.done.output)
                return GO_ON
        recorded, move = write_act(self.engine, self.job, self.task, settled, *more)
        self.progress.learn(recorded)
        return move

    def _claim(self, deadline_s: float, *, holds: bool) -> Claim:
        engine, job, task, progress = self.engine, self.job, self.task, self.progress
        process, begins = engine.process(), not progress.claimed
        return Claim(
            tenant=job.tenant,
            job=job.id,
            task=task.id,
            name=task.name,
            claims=task.claims.before(),
            epoch=progress.message.epoch,
            process=process,
            holder=process if holds else None,
            marketplace=job.marketplace,
            action=job.action,
            pace_s=self.pace_s,
            slot_s=engine.slot_s(task, self.pace_s),
            deadline_s=deadline_s,
            marker=task.marker or None,
            digest=progress.inputs.digest(task),
            quiet_s=engine.harm_s(job, self.step),
            is_unsafe=task.kind is TaskKind.UNSAFE,
            in_line=job.product is not None,
            begins=begins,
            tries=tries_of(engine, job) if begins else None,
            unrecorded=progress.unrecorded(),
        )

    def _in_one(self, claim: Claim) -> Callable[[Folded], Statement[Granted]] | None:
        """Return how it is claimed in one row, None where more is written with it than that holds."""
        before = JobStatus.RUNNING if self.progress.claimed else self.job.status
        return None if claim.tries else partial(claim_folded, claim, before=before)

    def _release(self, claim: Claim) -> None:
        release(self.engine, self.job, self.task.id, self.task.claims, claim.holder)


def permitted_act(progress: Progress, task: StoredTask, pace_s: float) -> PermittedAct:
    """Return the act that `task` comes to next, under a marker of its own where it leaves one."""
    engine, job = progress.engine, progress.job
    marker = f"{MARKER_PREFIX}{uuid4().hex}" if step_of(engine, job, task).marked else task.marker
    now = replace(task, claims=task.claims.next(), marker=marker)
    return PermittedAct(engine, job, now, progress.inputs.outputs, progress, pace_s)


def flush(progress: Progress) -> Move:
    """Write the settle that waits for a claim, if one does."""
    waiting = progress.take_deferred()
    if waiting is None:
        return GO_ON
    job = progress.job
    task = next(each for each in job.tasks if each.id == waiting.task)
    settled = output_settlement(job.tenant, task.id, waiting.claims, waiting.output)
    return write_act(progress.engine, job, task, settled)[1]


def write_act(
    engine: Engine, job: StoredJob, task: StoredTask, settled: Settlement, *more: Statement[bool]
) -> tuple[Recorded | None, Move]:
    """Commit what came of an act; return what was recorded, and what follows."""
    in_one = _settled_in_one(engine, job, task, settled)
    failpoint("settle.before")
    recorded = write_settle(engine, job, settled.first, *settled.more, *more, in_one=in_one)
    failpoint("settle.after")
    return recorded, concluded(job, task, settled, recorded)


def _settled_in_one(
    engine: Engine, job: StoredJob, task: StoredTask, settled: Settlement
) -> Statement[Recorded | None] | None:
    """Return what settles a done attempt of a job that is one row, None where it is not."""
    folded, done = job.folded, settled.done
    if folded is None or not folded.is_so or done is None or done.seen is not None:
        return None
    marked = step_of(engine, job, task).marked
    return settle_folded(job.tenant, job.id, folded, task.id, done, marker=task.marker, marked=marked)
