"""The frame that an act, a look and a collection share: what differs between them, and how any of them is settled."""

from collections.abc import Generator, Sequence
from typing import Protocol

from stoflow.domain.call import Answer
from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.work import AttemptEnded
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import LookResult, Outcome
from stoflow.execution.conversation import Begun, NextCommand, begin, broken, resume
from stoflow.execution.moves import Move, Settlement
from stoflow.monitoring.record import record
from stoflow.storage.engine.reads.workers import StoredJob
from stoflow.storage.engine.statement import Statement


class Execution(Protocol):
    """One attempt under its fence: which conversation it holds, and how what came of it is written.

    `kind` says what a lost answer means, `attempt` is what the attempt is called outside, `number` which one it is.
    """

    @property
    def job(self) -> StoredJob: ...

    @property
    def kind(self) -> TaskKind: ...

    @property
    def purpose(self) -> str:
        """Return "act", "look" or "collect"."""
        ...

    @property
    def name(self) -> str: ...

    @property
    def attempt(self) -> str: ...

    @property
    def number(self) -> int:
        """Return which attempt at it this is, counted from 1."""
        ...

    @property
    def asked_for_s(self) -> float | None:
        """Return for how long a plugin has been asked, None where that is not known."""
        ...

    def converse(self) -> Begun:
        """Begin the conversation, from its first word."""
        ...

    def command(self, asked: NextCommand) -> Statement[bool]:
        """Return the row of a command to the plugin, written only while the fence holds."""
        ...

    def settlement(self, result: Outcome | LookResult) -> Settlement: ...

    def write(self, settled: Settlement, *more: Statement[bool]) -> Move:
        """Commit what was settled and `more` together, and return what follows."""
        ...


class Permitted(Execution, Protocol):
    """An execution that a message permits and nobody has claimed yet."""

    @property
    def valid_s(self) -> float:
        """Return the seconds after its claim in which it may still begin to call."""
        ...

    def claim(self, deadline_s: float, *more: Statement[bool], holds: bool) -> bool:
        """Commit the claim and `more` together; `holds`: this process answers for the attempt, not the plugin."""
        ...


def resumed(execution: Execution, answers: Sequence[Answer] = ()) -> Outcome | LookResult | NextCommand:
    """Hold the conversation anew with the answers that there are, up to its next command or its end."""
    unsafe = bool(answers) and execution.kind is TaskKind.UNSAFE
    begun = begin(execution.converse, unsafe=unsafe)
    return resume(begun, answers, execution.kind) if isinstance(begun, Generator) else begun


def settle(
    execution: Execution,
    result: Outcome | LookResult,
    *kept: Statement[bool],
    unkept: tuple[Statement[bool], ...] = (),
    lasted_s: float | None = None,
) -> Move:
    """Commit what came of it; where PostgreSQL refuses that, that it broke, else it would run for ever.

    `lasted_s` is how long it took, None where that is not known.
    """
    outcome, job = type(result).__name__, execution.job
    record(AttemptEnded(job.marketplace, job.action, execution.purpose, outcome, lasted_s))
    try:
        return execution.write(execution.settlement(result), *kept)
    except DatabaseRefused as error:
        record(database_failure("recording an outcome", error))
        refused = broken(error, unsafe=execution.kind is TaskKind.UNSAFE)
        return execution.write(execution.settlement(refused), *unkept)
