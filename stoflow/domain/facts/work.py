"""What happened to tenants, jobs and their tasks."""

from dataclasses import dataclass

from stoflow.domain.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class TenantTaken(Fact):
    tenant: int
    epoch: int


@dataclass(frozen=True, slots=True)
class TenantReleased(Fact):
    tenant: int


@dataclass(frozen=True, slots=True)
class ActorFailed(Fact):
    actor: str
    tenant: int
    error: str


@dataclass(frozen=True, slots=True)
class MessageRefused(Fact):
    reason: str


@dataclass(frozen=True, slots=True)
class StepBroke(Fact):
    tenant: int
    job: int
    task: str
    error: str


@dataclass(frozen=True, slots=True)
class JobFailed(Fact):
    """`task` is the one that ended it, "none" where its time was over; so is `request_id` where no request asked.

    `lasted_s` is from its start, None where no worker ended it.
    """

    tenant: int
    job: int
    marketplace: str
    action: str
    task: str
    attempt: int
    kind: str
    reason: str
    request_id: str
    lasted_s: float | None = None


@dataclass(frozen=True, slots=True)
class SellerAsked(Fact):
    """A marketplace did not do it, and told that the account's seller must act first."""

    tenant: int
    job: int
    marketplace: str
    task: str
    reason: str


@dataclass(frozen=True, slots=True)
class JobCompleted(Fact):
    """`lasted_s` is from its start."""

    tenant: int
    job: int
    marketplace: str
    action: str
    lasted_s: float


@dataclass(frozen=True, slots=True)
class AttemptEnded(Fact):
    """What came of an act, a look or a collection: `outcome` is the name of its value.

    `lasted_s` is from its claim to its outcome, None where that is not known.
    """

    marketplace: str
    action: str
    purpose: str
    outcome: str
    lasted_s: float | None


@dataclass(frozen=True, slots=True)
class CallEnded(Fact):
    """A call to a marketplace; `code` is its answer's status, "none" where none came."""

    marketplace: str
    code: str
    lasted_s: float


@dataclass(frozen=True, slots=True)
class CallsLeftTold(Fact):
    """A marketplace told how many calls StoFlow's application has left, in a window of so many seconds."""

    marketplace: str
    window: str
    window_s: float
    left: int
    most: int | None


@dataclass(frozen=True, slots=True)
class RunBroke(Fact):
    error: str


@dataclass(frozen=True, slots=True)
class TaskHandedBack(Fact):
    tenant: int
    job: int
    marketplace: str
    action: str
    task: str


@dataclass(frozen=True, slots=True)
class StaleAttemptFenced(Fact):
    tenant: int
    job: int
    task: str


@dataclass(frozen=True, slots=True)
class SettleDropped(Fact):
    error: str


@dataclass(frozen=True, slots=True)
class PropagationRefused(Fact):
    tenant: int
    product: int
    marketplace: str
    error: str


@dataclass(frozen=True, slots=True)
class PeriodicRunRefused(Fact):
    tenant: int
    marketplace: str
    error: str


@dataclass(frozen=True, slots=True)
class TenantSwept(Fact):
    tenant: int
    tasks: int
    expired: int


@dataclass(frozen=True, slots=True)
class WebhookDisabled(Fact):
    """`tenant` is 0 for a platform's."""

    tenant: int
    webhook: int
    reason: str


@dataclass(frozen=True, slots=True)
class LooksDied(Fact):
    """Each look for what a task has done ends its process: what it did stays unknown until somebody mends that."""

    tenant: int
    job: int
    task: str
    deaths: int
