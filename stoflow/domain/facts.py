"""What happened, in the past tense: one class per fact, worded in `monitoring/`."""

from dataclasses import dataclass

from stoflow.domain.errors import DatabaseError, DatabaseRefused


@dataclass(frozen=True, slots=True)
class Fact:
    pass


@dataclass(frozen=True, slots=True)
class ProcessStarted(Fact):
    kind: str
    process: int


@dataclass(frozen=True, slots=True)
class ProcessStopped(Fact):
    kind: str
    process: int


@dataclass(frozen=True, slots=True)
class ProcessDied(Fact):
    kind: str
    process: int
    detail: str


@dataclass(frozen=True, slots=True)
class ThreadsGone(Fact):
    kind: str
    threads: str


@dataclass(frozen=True, slots=True)
class LeaseLost(Fact):
    kind: str
    process: int


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
    """`task` is the one that ended it, "none" where its time was over; so is `request_id` where no request asked."""

    tenant: int
    job: int
    marketplace: str
    action: str
    task: str
    attempt: int
    kind: str
    reason: str
    request_id: str


@dataclass(frozen=True, slots=True)
class RunBroke(Fact):
    error: str


@dataclass(frozen=True, slots=True)
class ServersKeptAgain(Fact):
    """The process that ran the embedded servers was gone, and they with it."""


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
class SpreadRefused(Fact):
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
class LooksDied(Fact):
    """Each look for what a task has done ends its process: what it did stays unknown until somebody mends that."""

    tenant: int
    job: int
    task: str
    deaths: int


@dataclass(frozen=True, slots=True)
class SellerConnected(Fact):
    tenant: int
    marketplace: str


@dataclass(frozen=True, slots=True)
class ConnectionTried(Fact):
    tenant: int
    marketplace: str


@dataclass(frozen=True, slots=True)
class SealedSecretUnreadable(Fact):
    """Stored tokens that no key opens: their seller is asked to connect again."""

    tenant: int
    marketplace: str
    error: str


@dataclass(frozen=True, slots=True)
class SellerDisconnected(Fact):
    tenant: int
    marketplace: str


@dataclass(frozen=True, slots=True)
class AccountRead(Fact):
    tenant: int
    marketplace: str


@dataclass(frozen=True, slots=True)
class AccountUnread(Fact):
    """A seller was connected, and what their account has to choose from is not known yet."""

    tenant: int
    marketplace: str
    error: str


@dataclass(frozen=True, slots=True)
class ThingUnread(Fact):
    """A marketplace refused to show one thing of many: a job went on without it."""

    tenant: int
    job: int
    marketplace: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProductOversold(Fact):
    """More of a product was bought than there was: `order` came later than those it shares with."""

    tenant: int
    job: int
    product: int
    marketplace: str
    order: str
    orders: str


@dataclass(frozen=True, slots=True)
class ApplicationRefused(Fact):
    """A marketplace takes no call of StoFlow's, whoever the seller is: sellers' jobs wait for its operators."""

    marketplace: str
    reason: str


@dataclass(frozen=True, slots=True)
class ApplicationAccepted(Fact):
    marketplace: str
    lasted_s: float


@dataclass(frozen=True, slots=True)
class MarketplaceOutageBegan(Fact):
    """Met by this process at an attempt of that job."""

    marketplace: str
    reason: str
    tenant: int
    job: int
    task: str
    request_id: str


@dataclass(frozen=True, slots=True)
class MarketplaceOutageEnded(Fact):
    marketplace: str
    lasted_s: float
    tenant: int
    job: int
    task: str
    request_id: str


@dataclass(frozen=True, slots=True)
class ServerOutageBegan(Fact):
    server: str
    reason: str


@dataclass(frozen=True, slots=True)
class ServerOutageEnded(Fact):
    server: str
    lasted_s: float


@dataclass(frozen=True, slots=True)
class RedisAway(Fact):
    doing: str
    error: str


@dataclass(frozen=True, slots=True)
class DatabaseAway(Fact):
    doing: str
    error: str


@dataclass(frozen=True, slots=True)
class StatementRefused(Fact):
    doing: str
    error: str


@dataclass(frozen=True, slots=True)
class Stumbled(Fact):
    """A thread that must go on met what nobody foresaw."""

    doing: str
    error: str


def database_failure(doing: str, error: DatabaseError) -> Fact:
    """Return what happened to whoever was doing this: PostgreSQL was away, or it said no."""
    kind = StatementRefused if isinstance(error, DatabaseRefused) else DatabaseAway
    return kind(doing, str(error))
