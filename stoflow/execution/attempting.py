"""The parts every attempt has, whether it acts or looks."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from stoflow.admission.asking import judge_place
from stoflow.admission.facts import Place
from stoflow.domain.errors import DatabaseUnavailable
from stoflow.domain.facts.work import SettleDropped
from stoflow.domain.job import JobStatus
from stoflow.domain.outcome import Absent, Broken, CannotTell, Done, Failed, LookResult, Outcome, cannot_tell
from stoflow.domain.run import NextMove
from stoflow.execution.conversation import NextCommand
from stoflow.execution.engine import Engine, outputs_of
from stoflow.execution.moves import RELOAD, Move
from stoflow.execution.settle import HELD_BACK_S
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.engine.folded import unfold
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.storage.engine.refuse import try_params
from stoflow.storage.engine.statement import Statement

Answer = TypeVar("Answer")
SETTLE_RETRY_S = 0.2
NOT_OF_AN_ACT = Absent | CannotTell | Failed | NextCommand


def held_back(engine: Engine, job: StoredJob, *, then: NextMove) -> Move | None:
    """Return when to try again where StoFlow's application is refused and nobody may find out about that yet."""
    if job.refusal is None or job.next_task(outside=True) is None:
        return None
    engine.applications.know(job.marketplace, job.refusal.channel)
    return Move(then, engine.tempo.scaled_s(HELD_BACK_S)) if job.refusal.holds else None


def held_at_place(engine: Engine, job: StoredJob) -> Move | None:
    """Return that the job is read again where nothing may begin there now; what the row says is the claim's to ask."""
    now = datetime.fromtimestamp(engine.clock(), UTC)
    place = Place(tenant=job.tenant, marketplace=job.marketplace, now=now, settings=engine.settings)
    return RELOAD if job.status is JobStatus.PENDING and judge_place(place).stops_new else None


def tries_of(engine: Engine, job: StoredJob) -> Mapping[str, float] | None:
    """Return what a claim needs that is to find out whether StoFlow's application is accepted again."""
    return try_params(engine.applications.scale) if job.refusal is not None else None


class Inputs:
    """What a task is given: the job's payload and the outputs of the tasks before it, by name."""

    def __init__(self, job: StoredJob) -> None:
        self.outputs: dict[str, Mapping[str, Any]] = {}
        self._digest = hashlib.blake2s(digest_size=16)
        self._take(job.payload)
        for name, output in outputs_of(job).items():
            self.add(name, output)

    def add(self, name: str, output: Mapping[str, Any]) -> None:
        """Take in what the task `name` put out."""
        self.outputs[name] = output
        self._take({name: output})

    def digest(self, task: StoredTask) -> str:
        """Name what this task is given, so that the record shows whether two attempts had the same."""
        digest = self._digest.copy()
        digest.update(task.name.encode())
        return digest.hexdigest()

    def _take(self, value: Any) -> None:
        self._digest.update(json.dumps(value, sort_keys=True, default=str).encode())


def only_outcome(value: Outcome | LookResult | NextCommand) -> Outcome:
    """Return an act's outcome; what only a look may answer is a fault of the step."""
    return Broken("Only a look may find nothing.") if isinstance(value, NOT_OF_AN_ACT) else value


def looked(value: Outcome | LookResult) -> LookResult:
    """Return a look's answer; whatever went wrong on its way says nothing of the act."""
    return value if isinstance(value, LookResult) else cannot_tell(value)


def reason_of(outcome: Outcome) -> str:
    return "" if isinstance(outcome, Done) else outcome.reason


def in_rows(engine: Engine, job: StoredJob) -> None:
    """Have the job written in rows, where it was one: whatever else than its end becomes of it is told of its tasks."""
    folded = job.folded
    if folded is not None and folded.is_so:
        failpoint("unfold.before")
        engine.recorder.write(job.tenant, job.id, unfold(job.tenant, job.id))
        failpoint("unfold.after")
        folded.is_so = False


def write_in_rows(engine: Engine, job: StoredJob, first: Statement[Answer], *more: Statement[bool]) -> Answer:
    """Commit what is written of a job's tasks."""
    in_rows(engine, job)
    return engine.recorder.write(job.tenant, job.id, first, *more)


def write_settle(
    engine: Engine,
    job: StoredJob,
    first: Statement[Answer],
    *more: Statement[bool],
    in_one: Statement[Answer] | None = None,
) -> Answer:
    """Commit a settle: `in_one` of a job that is one row, where that is not fenced, or `first`, of one in rows."""

    def write() -> Answer:
        answer = engine.recorder.write(job.tenant, job.id, in_one, *more) if in_one is not None else None
        return write_in_rows(engine, job, first, *more) if answer is None else answer

    return persist(engine, write)


def persist(engine: Engine, write: Callable[[], Answer]) -> Answer:
    """Commit what settles an attempt, trying again while PostgreSQL is away until the lease ends; then drop it: the
    next one looks."""
    give_up_s = time.monotonic() + engine.lease_s
    while True:
        try:
            return write()
        except DatabaseUnavailable as error:
            if time.monotonic() >= give_up_s:
                record(SettleDropped(str(error)))
                raise
        time.sleep(SETTLE_RETRY_S)
