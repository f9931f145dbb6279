"""What a settle is made of: the attempt, the statements that record what came of it, and the move that follows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stoflow.domain.ids import TaskId, TenantId
from stoflow.domain.job import JobStatus, TaskKind
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import Handler
from stoflow.storage.engine.statement import Statement

Row = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Move:
    """What a job waits for; GO_ON (None) means its next task may follow in this run."""

    next: NextMove | None
    delay_s: float = 0.0
    status: JobStatus = JobStatus.RUNNING


GO_ON = Move(None)
RELOAD = Move(NextMove.RELOAD)
COMPLETED = Move(NextMove.NOTHING, status=JobStatus.COMPLETED)
FAILED = Move(NextMove.NOTHING, status=JobStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Settlement:
    """`statements` to commit together; `read` turns the first one's row (None: fenced) into the next move."""

    statements: tuple[Statement, ...]
    read: Callable[[Row], Move]
    kind: str = ""  # of the failure, where it fails the job, and why
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt that was made: `claims` is its fence."""

    tenant: TenantId
    marketplace: str
    handler: Handler
    task: TaskId
    claims: int
    kind: TaskKind
    failures: int
    looks: int
    age_s: float  # real seconds since its first attempt
    marked: bool
    overwrites: bool
    quiet_s: float  # engine seconds, as are second_look_s and TryAgain's
    second_look_s: float
    can_look: bool = False
    accepted: bool = False  # the marketplace said before that it works on it
    held_back: bool = False  # StoFlow's application is refused there: not the task's own time decides when it goes on


def after_untold(row: Row, follows: Move) -> Move:
    if row is None:
        return RELOAD
    return FAILED if row["given_up"] else follows
