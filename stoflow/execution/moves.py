"""What a settle is made of: the attempt, the statements that record what came of it, and the move that follows."""

from dataclasses import dataclass

from stoflow.domain.fence import Fence
from stoflow.domain.ids import TaskId, TenantId
from stoflow.domain.job import JobStatus, TaskKind
from stoflow.domain.outcome import Done
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import Handler
from stoflow.storage.engine.recorded import Recorded
from stoflow.storage.engine.statement import Statement


@dataclass(frozen=True, slots=True)
class Move:
    """What a job waits for; GO_ON (None) means its next task may follow in this run."""

    next: NextMove | None
    delay_s: float = 0.0
    status: JobStatus = JobStatus.RUNNING


GO_ON = Move(None)
RELOAD = Move(NextMove.RELOAD)
HELD = Move(NextMove.SELLER)  # the job is as it was told: what holds all of the marketplace is to be read
NOTHING = Move(NextMove.NOTHING)
COMPLETED = Move(NextMove.NOTHING, status=JobStatus.COMPLETED)
FAILED = Move(NextMove.NOTHING, status=JobStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to commit together, and the move that follows where nothing comes in between."""

    first: Statement[Recorded | None]
    follows: Move
    more: tuple[Statement[bool], ...] = ()
    kind: str = ""  # of the failure, where it fails the job, and why
    reason: str = ""
    done: Done | None = None  # what a done act brought


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt that was made: `claims` is its fence, `attempts` counts it and those before, but no polls."""

    tenant: TenantId
    marketplace: str
    handler: Handler
    task: TaskId
    claims: Fence
    attempts: int
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

    @property
    def at(self) -> tuple[TenantId, TaskId, Fence]:
        """Return what every statement that settles it begins with."""
        return self.tenant, self.task, self.claims


def move_after(recorded: Recorded | None, follows: Move) -> Move:
    """Return the move after a settle: `follows`, unless it was fenced, a cancel waits, or it failed the job."""
    if recorded is None or recorded.cancelled:
        return RELOAD
    return FAILED if recorded.failed else follows
