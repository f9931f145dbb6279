"""A run: consecutive tasks of one job under one message. Inner tasks in memory, outside ones claimed and settled."""

import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from uuid import uuid4

from stoflow.domain.errors import DatabaseRefused, DatabaseUnavailable
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.work import StaleAttemptFenced
from stoflow.domain.job import FINAL_JOB_STATUSES, TaskKind, TaskStatus
from stoflow.domain.outcome import Broken, Done, Outcome, Refused, TryAgain
from stoflow.domain.run import NextMove, RunMessage
from stoflow.execution.attempting import (
    Inputs,
    attempt_name,
    command_statement,
    held_at_place,
    held_back,
    only_outcome,
    reason_of,
    sender,
    tried,
    write_settle,
)
from stoflow.execution.claiming import Asked, claim_of
from stoflow.execution.conversation import NextCommand, begin, broken, checked, hold, resume
from stoflow.execution.engine import PERMIT_RAN_OUT, Engine, step_of
from stoflow.execution.hand_back import hand_back
from stoflow.execution.moves import COMPLETED, FAILED, GO_ON, RELOAD, Move, Settlement
from stoflow.execution.propagation import propagate_before
from stoflow.execution.reporting import report_run, result_of
from stoflow.execution.settle import output_settlement, settlement
from stoflow.execution.telling import concluded, note_broken, note_failed
from stoflow.execution.unconfirmed import release
from stoflow.marketplaces.contract import Step
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.engine.claim import Claim
from stoflow.storage.engine.close import close_completed, close_failed
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask, read_job
from stoflow.storage.engine.recorded import Granted
from stoflow.storage.engine.statement import Statement
from stoflow.storage.engine.unrecorded import InnerDone, Settled, Unrecorded

MARKER_PREFIX = "stoflow-draft-"


def run(engine: Engine, message: RunMessage) -> None:
    """Run what the message permits and report what the job waits for; a stale message does nothing."""
    failpoint("message.before")
    with engine.database.planned_records() as connection:
        job = read_job(connection, message.tenant, message.job)
    failpoint("message.after")
    if job is not None:
        Run(engine, message, job).go()


@dataclass(slots=True)
class Run:
    """The state of one run: what is done in memory and not yet written, and the task it has come to."""

    engine: Engine
    message: RunMessage
    job: StoredJob
    inputs: Inputs = field(init=False)
    inner: list[InnerDone] = field(default_factory=list[InnerDone])
    settled: Settled | None = None  # the attempt before, to be committed with the next claim
    claimed: bool = False  # something, in this run

    def __post_init__(self) -> None:
        self.inputs = Inputs(self.job)

    def go(self) -> None:
        task = self.job.next_task()
        if self.job.status in FINAL_JOB_STATUSES or task is None:
            self._report(Move(NextMove.NOTHING, status=self.job.status), task)
            return
        stale = task.id != self.message.task or task.claims != self.message.claims
        if stale or task.status is not TaskStatus.PENDING or self.job.held:
            self._report(RELOAD, task)
            return
        back = held_at_place(self.engine, self.job) or hand_back(self.engine, self.job, task)
        back = back or held_back(self.engine, self.job, then=NextMove.RUN)
        self._report(*((back, task) if back else self._advance(task)))

    def _advance(self, first: StoredTask) -> tuple[Move, StoredTask | None]:
        for task in self.job.tasks:
            if task.position < first.position or task.status is TaskStatus.SKIPPED:
                continue
            propagate_before(self.engine, self.job, task)
            move, now = self._inner(task) if self._in_memory(task) else self._outside(task)
            if move is not GO_ON:
                return move, now
        return self._complete(), None

    def _in_memory(self, task: StoredTask) -> bool:
        return task.kind is TaskKind.INNER and not self.message.stepwise

    def _inner(self, task: StoredTask) -> tuple[Move, StoredTask]:
        begun_s = time.monotonic()
        outcome = self._do_inner(task)
        if not isinstance(outcome, Done):
            return self._fail_inner(task, outcome, begun_s), task
        self.inner.append(InnerDone(task.id, outcome.output, self.inputs.digest(task), begun_s, time.monotonic()))
        self.inputs.add(task.name, outcome.output)
        return GO_ON, task

    def _do_inner(self, task: StoredTask) -> Outcome:
        try:
            failpoint("inner.before")
            step = step_of(self.engine, self.job, task)
            attempt = self.engine.attempt(self.job, task, marker=task.marker, outputs=self.inputs.outputs)
            return only_outcome(checked(step.do(attempt)))
        except Exception as error:  # noqa: BLE001 - a fault of one step is that step's outcome, whatever it is
            return broken(error, unsafe=False)

    def _fail_inner(self, task: StoredTask, outcome: Outcome, begun_s: float) -> Move:
        """An inner task gives the same answer each time, so whatever is not Done is final."""
        note_broken(self.job, task, outcome)
        kind, errors = ("refused", outcome.errors) if isinstance(outcome, Refused) else ("broken", ())
        failed = close_failed(
            self.job.tenant,
            self.job.id,
            self.message.epoch,
            unrecorded=self._unrecorded(),
            task=task.id,
            begun_s=begun_s,
            reason=reason_of(outcome),
            kind=kind,
            errors=errors,
        )
        failpoint("refuse.before")
        closed = self._write(failed)
        failpoint("refuse.after")
        if not closed.granted:
            return RELOAD
        note_failed(self.job, replace(task, claims=task.claims + 1), kind, reason_of(outcome))
        return FAILED

    def _complete(self) -> Move:
        result = result_of(self.job, self.inputs.outputs)
        completed = close_completed(
            self.job.tenant, self.job.id, self.message.epoch, unrecorded=self._unrecorded(), result=result
        )
        failpoint("close.before")
        closed = self._write(completed)
        failpoint("close.after")
        return COMPLETED if closed.granted else RELOAD

    def _outside(self, task: StoredTask) -> tuple[Move, StoredTask]:
        pace_s = self.engine.pace_s(self.job, task)
        if pace_s > 0 and not self.message.permit:
            move = self._flush()
            return (Move(NextMove.PACE) if move is GO_ON else move), self._first_unrecorded(task)
        step = step_of(self.engine, self.job, task)
        marker = f"{MARKER_PREFIX}{uuid4().hex}" if step.marked else ""
        if self.engine.registry.marketplace(self.job.marketplace).transport == "plugin" and task.kind != TaskKind.INNER:
            return self._ask_plugin(task, step, marker, pace_s)
        return self._act(task, step, marker, pace_s)

    def _first_unrecorded(self, task: StoredTask) -> StoredTask:
        """Where the next run of the job begins: inner outputs that no claim has written are made again."""
        first = self.inner[0].task if self.inner else task.id
        return next(each for each in self.job.tasks if each.id == first)

    def _act(self, task: StoredTask, step: Step, marker: str, pace_s: float) -> tuple[Move, StoredTask]:
        timeout_s = self.engine.timeout_s(self.job)
        digest = self.inputs.digest(task)
        claim = self._claim(task, Asked(step, marker, digest, pace_s, timeout_s + self.engine.lease_s, holds=True))
        begun_s = time.monotonic()
        if not self._write_claim(claim):
            return RELOAD, task
        now = replace(task, claims=task.claims + 1, marker=marker or task.marker)
        # A call made later than its permit holds (this process was paused) would break pace or outlive its lease.
        valid_s = min(self.engine.lease_s / 2, self.engine.slot_s(task, pace_s) or self.engine.lease_s / 2)
        outcome = self._call(now, step, begun_s + valid_s, begun_s + timeout_s)
        return self._settle(now, step, outcome), now

    def _call(self, task: StoredTask, step: Step, valid_until_s: float, deadline_s: float) -> Outcome:
        attempt = self.engine.attempt(self.job, task, marker=task.marker, outputs=self.inputs.outputs)
        begun = begin(step.do, attempt)
        if not isinstance(begun, Generator):
            return begun
        if task.kind is TaskKind.INNER:
            return Broken("An inner step touches nothing outside and holds no conversation.")
        if time.monotonic() > valid_until_s:
            begun.close()
            return TryAgain(PERMIT_RAN_OUT, after_s=0.0, charged=False)
        send = sender(self.engine, self.job, task.name, attempt_name(self.job, task), deadline_s)
        return only_outcome(hold(begun, send, task.kind))

    def _ask_plugin(self, task: StoredTask, step: Step, marker: str, pace_s: float) -> tuple[Move, StoredTask]:
        deadline_s = self.engine.timeout_s(self.job)
        attempt = self.engine.attempt(self.job, task, marker=marker or task.marker, outputs=self.inputs.outputs)
        begun = begin(step.do, attempt)
        pending = resume(begun, (), task.kind) if isinstance(begun, Generator) else begun
        # What asks nothing is done here: this process answers for it, and it is freed at once should it die.
        holds = not isinstance(pending, NextCommand)
        claim = self._claim(task, Asked(step, marker, self.inputs.digest(task), pace_s, deadline_s, holds=holds))
        now = replace(task, claims=task.claims + 1, marker=marker or task.marker)
        if not isinstance(pending, NextCommand):
            if not self._write_claim(claim):
                return RELOAD, task
            return self._settle(now, step, only_outcome(pending)), now
        issued = command_statement(self.job.tenant, now, pending)
        if not self._write_claim(claim, issued):
            return RELOAD, task
        self.engine.feed.commands_waiting(self.job.tenant)
        return Move(NextMove.PLUGIN, deadline_s), now

    def _claim(self, task: StoredTask, asked: Asked) -> Claim:
        begins, unrecorded = not self.claimed, self._unrecorded()
        return claim_of(self.engine, self.message, self.job, task, asked, unrecorded, begins=begins)

    def _unrecorded(self) -> Unrecorded:
        return Unrecorded(tuple(self.inner), self.settled)

    def _write_claim(self, claim: Claim, *more: Statement[bool]) -> bool:
        """Commit the settle before it together with the claim; return whether it was granted."""
        failpoint("claim.before")
        try:
            claimed = self._write(claim.statement(), *more)
        except DatabaseUnavailable:
            self._release(claim)
            raise
        failpoint("claim.after")
        self.inner.clear()
        self.claimed = True
        if not claimed.settled:
            self._release(claim)  # both may have been committed by a first try whose answer was lost
        return claimed.granted

    def _write(self, first: Statement[Granted], *more: Statement[bool]) -> Granted:
        """Commit these; one that settles is tried while the lease lasts, a claim alone is not worth waiting for."""
        if self.settled is None:
            return self.engine.recorder.write(self.job.tenant, self.job.id, first, *more)
        granted = write_settle(self.engine, self.job, first, *more)
        self.settled = None
        if not granted.settled:
            record(StaleAttemptFenced(self.job.tenant, self.job.id, ""))
        return granted

    def _release(self, claim: Claim) -> None:
        release(self.engine, self.job, claim.task, claim.claims + 1, claim.holder)

    def _settle(self, task: StoredTask, step: Step, outcome: Outcome) -> Move:
        note_broken(self.job, task, outcome)
        if isinstance(outcome, Done):
            self.inputs.add(task.name, outcome.output)
            if outcome.is_output_only:
                self.settled = Settled(task.id, task.claims, outcome.output, time.monotonic())
                return GO_ON
        attempt, tempo, random = tried(self.engine, self.job, task, step), self.engine.tempo, self.engine.random
        try:
            return self._write_settlement(task, settlement(attempt, outcome, tempo, random))
        except DatabaseRefused as error:  # else it would run for ever: no later try can be recorded either
            record(database_failure("recording an outcome", error))
            refused = broken(error, unsafe=task.kind is TaskKind.UNSAFE)
            return self._write_settlement(task, settlement(attempt, refused, tempo, random))

    def _flush(self) -> Move:
        """Write the settle that waits for a claim, if one does."""
        if self.settled is None:
            return GO_ON
        waiting, self.settled = self.settled, None
        task = next(each for each in self.job.tasks if each.id == waiting.task)
        tenant = self.job.tenant
        return self._write_settlement(task, output_settlement(tenant, task.id, waiting.claims, waiting.output))

    def _write_settlement(self, task: StoredTask, waiting: Settlement) -> Move:
        failpoint("settle.before")
        recorded = write_settle(self.engine, self.job, waiting.first, *waiting.more)
        failpoint("settle.after")
        if recorded is None:
            record(StaleAttemptFenced(self.job.tenant, self.job.id, ""))
        elif recorded.external_id is not None:  # which listing was chosen, or that none is left, is known only now
            self.job = replace(self.job, listing_id=recorded.external_id)
        return concluded(self.job, task, waiting, recorded)

    def _report(self, move: Move, task: StoredTask | None) -> None:
        report_run(self.engine, self.message, self.job, move, task, self.inputs.outputs)
