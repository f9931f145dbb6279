"""The parts every attempt has, whether it acts, looks or answers for a plugin."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from stoflow.admission.asking import judge_place
from stoflow.admission.facts import Place
from stoflow.domain.call import Call, Command, Response
from stoflow.domain.errors import APIError, DatabaseUnavailable
from stoflow.domain.facts.work import SettleDropped
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.outcome import Absent, Broken, CannotTell, Done, Failed, LookResult, Outcome, cannot_tell
from stoflow.domain.run import NextMove
from stoflow.execution.conversation import NextCommand
from stoflow.execution.engine import Engine, outputs_of
from stoflow.execution.moves import RELOAD, Move, Tried
from stoflow.execution.settle import HELD_BACK_S
from stoflow.execution.telling import note_outage
from stoflow.marketplaces.contract import Step
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.engine.commands import issue_command
from stoflow.storage.engine.reads.workers import StoredJob, StoredTask
from stoflow.storage.engine.refuse import try_params
from stoflow.storage.engine.statement import Statement

Answer = TypeVar("Answer")
SETTLE_RETRY_S = 0.2
NOT_OF_AN_ACT = Absent | CannotTell | Failed | NextCommand
IS_BROKEN = 500  # a reply's status, from here on


def sender(
    engine: Engine, job: StoredJob, task_name: str, attempt: str, deadline_s: float
) -> Callable[[Call], Response]:
    """Return what makes a direct call of this attempt; `deadline_s` is a monotonic time for all its calls."""

    def send(call: Call) -> Response:
        if isinstance(call, Command):
            message = f"{job.marketplace} is called directly and takes no commands."
            raise TypeError(message)
        failpoint("call.before")
        try:
            made = partial(
                engine.transport.send,
                call,
                tenant=job.tenant,
                marketplace=job.marketplace,
                account=job.account.external_id,
                deadline_s=max(0.001, deadline_s - time.monotonic()),
                attempt=attempt,
            )
            reply = engine.applications.call(job.marketplace, job.tenant, call, made)
        except APIError as error:
            note_outage(engine, job, task_name, str(error))
            raise
        failpoint("call.after")
        note_outage(engine, job, task_name, f"HTTP {reply.status}" if reply.status >= IS_BROKEN else "")
        return reply

    return send


def command_statement(tenant: TenantId, task: StoredTask, pending: NextCommand) -> Statement[bool]:
    """Return the row of a plugin command, to be committed with the claim `task.claims` stands for."""
    return issue_command(
        tenant,
        task=task.id,
        claims=task.claims,
        seq=pending.seq,
        request_id=str(uuid4()),
        action=pending.command.action,
        payload=pending.command.payload,
    )


def tried(engine: Engine, job: StoredJob, task: StoredTask, step: Step) -> Tried:
    """Return what a settle needs to know of the attempt whose claim made `task.claims`."""
    marketplace = engine.registry.marketplace(job.marketplace)
    return Tried(
        tenant=job.tenant,
        marketplace=job.marketplace,
        handler=engine.handler(job),
        task=task.id,
        claims=task.claims,
        kind=task.kind,
        failures=task.failures,
        looks=task.looks,
        age_s=task.age_s,
        marked=step.marked,
        overwrites=step.overwrites,
        quiet_s=engine.quiet_s(marketplace),
        second_look_s=engine.second_look_s(marketplace),
        can_look=step.look is not None,
        accepted=task.is_accepted,
        held_back=engine.applications.stands(job.marketplace),
    )


def held_back(engine: Engine, job: StoredJob, *, then: NextMove) -> Move | None:
    """Return when to try again where StoFlow's application is refused and nobody may find out about that yet."""
    if job.refusal is None or job.next_task(outside=True) is None:
        return None
    engine.applications.know(job.marketplace, job.refusal.channel)
    return Move(then, engine.tempo.scaled_s(HELD_BACK_S)) if job.refusal.holds else None


def held_at_place(engine: Engine, job: StoredJob) -> Move | None:
    """Return that the job is read again where nothing may begin there now; what the row says is the claim's to ask."""
    place = Place(tenant=job.tenant, marketplace=job.marketplace, now=datetime.now(UTC), settings=engine.settings)
    return RELOAD if job.status is JobStatus.PENDING and judge_place(place).stops_new else None


def tries_of(engine: Engine, job: StoredJob) -> Mapping[str, float] | None:
    """Return what a claim needs that is to find out whether StoFlow's application is accepted again."""
    return try_params(engine.applications.scale) if job.refusal is not None else None


def attempt_name(job: StoredJob, task: StoredTask) -> str:
    """Return what marks this attempt's calls in the sandbox's ledger."""
    return f"{job.tenant}-{job.id}-{task.id}-{task.claims}"


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


def write_settle(engine: Engine, job: StoredJob, first: Statement[Answer], *more: Statement[bool]) -> Answer:
    """Commit a settle, trying again while PostgreSQL is away until the lease ends; then drop it: the next one looks."""
    give_up_s = time.monotonic() + engine.lease_s
    while True:
        try:
            return engine.recorder.write(job.tenant, job.id, first, *more)
        except DatabaseUnavailable as error:
            if time.monotonic() >= give_up_s:
                record(SettleDropped(str(error)))
                raise
        time.sleep(SETTLE_RETRY_S)
