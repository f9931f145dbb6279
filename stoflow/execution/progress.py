"""How far a run has come: what it did in memory, and the attempt whose settle waits for what follows it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from stoflow.domain.facts.work import StaleAttemptFenced
from stoflow.domain.job import JobStatus
from stoflow.domain.run import RunMessage
from stoflow.execution.attempting import Inputs, persist, write_in_rows
from stoflow.execution.engine import Engine
from stoflow.monitoring.record import record
from stoflow.storage.engine.close import Closing
from stoflow.storage.engine.folded import Folded
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.storage.engine.recorded import Granted, Recorded
from stoflow.storage.engine.statement import Statement
from stoflow.storage.engine.unrecorded import InnerDone, Settled, Unrecorded


@dataclass(slots=True)
class Progress:
    """`claimed` says whether anything was, in this run."""

    engine: Engine
    message: RunMessage
    job: StoredJob
    inputs: Inputs = field(init=False)
    inner: list[InnerDone] = field(default_factory=list[InnerDone])
    deferred: Settled | None = None  # the attempt before, to be committed with the next claim
    claimed: bool = False

    def __post_init__(self) -> None:
        self.inputs = Inputs(self.job)

    def first_unrecorded(self, task: StoredTask) -> StoredTask:
        """Return where the next run of the job begins: inner outputs that no claim has written are made again."""
        first = self.inner[0].task if self.inner else task.id
        return next(each for each in self.job.tasks if each.id == first)

    def unrecorded(self) -> Unrecorded:
        return Unrecorded(tuple(self.inner), self.deferred)

    def closing(self) -> Closing:
        """Return the job as it is closed by this run: running, once it has claimed anything."""
        before = JobStatus.RUNNING if self.claimed else self.job.status
        job, on_product = self.job, self.job.product is not None
        return Closing(job.tenant, job.id, self.message.epoch, before, self.unrecorded(), in_line=on_product)

    def is_claimed(self) -> None:
        """Note that a claim was committed, and with it what was done in memory."""
        self.inner.clear()
        self.claimed = True

    def defer(self, task: StoredTask, output: Mapping[str, Any]) -> None:
        """Let the settle of a done attempt wait for the claim or the close that follows."""
        self.deferred = Settled(task.id, task.name, task.claims, output, time.monotonic())

    def take_deferred(self) -> Settled | None:
        waiting, self.deferred = self.deferred, None
        return waiting

    def learn(self, recorded: Recorded | None) -> None:
        """Take in which listing the job is about, where a settle chose it."""
        if recorded is not None and recorded.external_id is not None:
            self.job = replace(self.job, listing_id=recorded.external_id)

    def write_together(
        self,
        in_rows: Callable[[], Statement[Granted]],
        *more: Statement[bool],
        in_one: Callable[[Folded], Statement[Granted]] | None = None,
    ) -> Granted:
        """Commit these, of a job that is one row as it may be there; where that is not granted, it is rows and judged
        anew.

        One that settles is tried while the lease lasts, a claim alone is not worth waiting for.
        """
        engine, job = self.engine, self.job
        if in_one is not None and job.folded is not None and job.folded.is_so:
            granted = self._write(partial(engine.recorder.write, job.tenant, job.id, in_one(job.folded)))
            if granted.granted:
                self.deferred = None
                return granted
        granted = self._write(partial(write_in_rows, engine, job, in_rows(), *more))
        if self.deferred is not None and not granted.settled:
            record(StaleAttemptFenced(job.tenant, job.id, ""))
        self.deferred = None
        return granted

    def _write(self, write: Callable[[], Granted]) -> Granted:
        return write() if self.deferred is None else persist(self.engine, write)
