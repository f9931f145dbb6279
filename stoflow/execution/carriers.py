"""The two ways an execution is carried: called directly by this process, or asked of the seller's plugin."""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from stoflow.domain.call import Answer, Call, Command, Reply, Request, Response
from stoflow.domain.errors import APIError
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Broken, LookResult, Outcome, TryAgain
from stoflow.domain.run import NextMove
from stoflow.execution.concerning import about_attempt
from stoflow.execution.conversation import NextCommand, begin, hold
from stoflow.execution.engine import PERMIT_RAN_OUT, Engine
from stoflow.execution.frame import Execution, Permitted, resumed, settle
from stoflow.execution.moves import RELOAD, Move
from stoflow.execution.resting import Resting
from stoflow.execution.telling import note_call, note_calls_left, note_outage
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.traces import span
from stoflow.storage.engine.commands import record_answer

UNKEPT = Answer(success=False, error_code="unkept", error_message="It could not be recorded.")
IS_BROKEN = 500  # a reply's status, from here on


class Carrier(Protocol):
    """Claims an execution, has its calls made, and settles it, now or when the answer comes."""

    def carry(self, execution: Permitted) -> Move: ...


def carrier_of(engine: Engine, execution: Execution) -> Carrier:
    """Return who makes these calls; what touches nothing outside is done here."""
    by_plugin = engine.registry.marketplace(execution.job.marketplace).by_plugin
    return Plugin(engine) if by_plugin and execution.kind is not TaskKind.INNER else Direct(engine)


@dataclass(frozen=True, slots=True)
class Direct:
    """Sends each call and waits for its reply."""

    engine: Engine

    def carry(self, execution: Permitted) -> Move:
        with about_attempt(execution):
            return self._carry(execution)

    def _carry(self, execution: Permitted) -> Move:
        timeout_s = self.engine.timeout_s(execution.job)
        begun_s = time.monotonic()
        if not execution.claim(timeout_s + self.engine.lease_s, holds=True):
            return RELOAD
        resting = Resting(self.engine, execution.job)
        result = self._hold(execution, resting, begun_s + execution.valid_s, begun_s + timeout_s)
        return settle(execution, result, *resting.kept(), lasted_s=time.monotonic() - begun_s)

    def _hold(
        self, execution: Permitted, resting: Resting, valid_until_s: float, deadline_s: float
    ) -> Outcome | LookResult:
        begun = begin(execution.converse)
        if not isinstance(begun, Generator):
            return begun
        if execution.kind is TaskKind.INNER:
            return Broken("An inner step touches nothing outside and holds no conversation.")
        # A call made later than its permit holds (this process was paused) would break pace or outlive its lease.
        if time.monotonic() > valid_until_s:
            begun.close()
            return TryAgain(PERMIT_RAN_OUT, after_s=0.0, charged=False)
        return hold(begun, self._sender(execution, resting, deadline_s), execution.kind)

    def _sender(self, execution: Execution, resting: Resting, deadline_s: float) -> Callable[[Call], Response]:
        """Return what makes a call of this execution; `deadline_s` is a monotonic time for all its calls."""
        engine, job = self.engine, execution.job

        def send(call: Call) -> Response:
            if isinstance(call, Command):
                raise TypeError(f"{job.marketplace} is called directly and takes no commands.")
            resting.wait(deadline_s)
            with span(f"{call.method} {job.marketplace}", "client", http__request__method=call.method) as traced:
                reply = answer(call)
                traced.note(http__response__status_code=reply.status)
                return reply

        def answer(call: Request) -> Reply:
            begun_s, noted = time.monotonic(), engine.calls.begin(execution, call)
            failpoint("call.before")
            try:
                made = partial(
                    engine.transport.send,
                    call,
                    tenant=job.tenant,
                    marketplace=job.marketplace,
                    account=job.account.external_id,
                    deadline_s=max(0.001, deadline_s - time.monotonic()),
                    attempt=execution.attempt,
                )
                reply = engine.applications.call(job.marketplace, job.tenant, call, made)
            except APIError as error:
                note_call(job, begun_s)
                noted(None, str(error))
                note_outage(engine, job, execution.name, str(error))
                raise
            failpoint("call.after")
            note_call(job, begun_s, str(reply.status))
            noted(reply.status)
            resting.hear(reply)
            note_calls_left(engine, job, reply)
            note_outage(engine, job, execution.name, f"HTTP {reply.status}" if reply.status >= IS_BROKEN else "")
            return reply

        return send


@dataclass(frozen=True, slots=True)
class Plugin:
    """Issues a command in the transaction that claims, lets go, and takes up again with the answers."""

    engine: Engine

    def carry(self, execution: Permitted) -> Move:
        with about_attempt(execution):
            return self._carry(execution)

    def _carry(self, execution: Permitted) -> Move:
        timeout_s = self.engine.timeout_s(execution.job)
        asked = resumed(execution)
        if not isinstance(asked, NextCommand):
            # What asks nothing is done here: this process answers for it, and it is freed at once should it die.
            return settle(execution, asked, lasted_s=0.0) if execution.claim(timeout_s, holds=True) else RELOAD
        claimed = execution.claim(timeout_s, execution.command(asked), holds=False)
        return self._await_answer(execution) if claimed else RELOAD

    def take_up(self, execution: Execution, request_id: str, answers: Sequence[Answer]) -> Move:
        """Go on where the answers lead, the last of which is committed with what follows from it.

        A crash before that leaves the command to be sent again.
        """
        asked_s, parent = execution.asked_for_s or 0.0, execution.job.traceparent
        plugin = span("plugin", "client", parent=parent, lasted_s=asked_s, stoflow__request_id=request_id)
        with plugin, about_attempt(execution):
            return self._take_up(execution, request_id, answers)

    def _take_up(self, execution: Execution, request_id: str, answers: Sequence[Answer]) -> Move:
        job, result = execution.job, resumed(execution, answers)
        kept = record_answer(job.tenant, request_id, answers[-1])
        if not isinstance(result, NextCommand):
            unkept = (record_answer(job.tenant, request_id, UNKEPT),)
            return settle(execution, result, kept, unkept=unkept, lasted_s=execution.asked_for_s)
        failpoint("answer.next.before")
        self.engine.recorder.write(job.tenant, job.id, kept, execution.command(result))
        failpoint("answer.next.after")
        return self._await_answer(execution)

    def _await_answer(self, execution: Execution) -> Move:
        self.engine.feed.commands_waiting(execution.job.tenant)
        return Move(NextMove.PLUGIN, self.engine.timeout_s(execution.job))
