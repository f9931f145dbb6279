"""What actors tell one another."""

from dataclasses import dataclass
from typing import Any

import pykka

from stoflow.admission.facts import Place
from stoflow.domain.ids import JobId
from stoflow.domain.run import RunMessage, RunReport
from stoflow.storage.engine.reads.queue import QueuedJob, QueuedOrphan, QueuePage


@dataclass(frozen=True, slots=True)
class Announced:
    """The outbox says that these jobs are new or were changed; 0 among them: the tenant itself.

    Those `described` are new, and told as they were made.
    """

    jobs: tuple[JobId, ...]
    described: tuple[QueuedJob, ...] = ()


@dataclass(frozen=True, slots=True)
class PageRead:
    """The tenant's queue as it stands; `at_leisure`: read when nobody else wanted anything."""

    page: QueuePage
    at_leisure: bool = False


@dataclass(frozen=True, slots=True)
class JobsRead:
    jobs: tuple[QueuedJob, ...]


@dataclass(frozen=True, slots=True)
class Want:
    """A marketplace actor has room for `count` more jobs."""

    marketplace: str
    count: int


@dataclass(frozen=True, slots=True)
class Take:
    """Jobs handed to a marketplace actor, or read anew for it."""

    jobs: tuple[QueuedJob, ...]
    orphans: tuple[QueuedOrphan, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceRead:
    """What is known of the marketplace for this tenant: admission judges by it what may be sent there."""

    place: Place


@dataclass(frozen=True, slots=True)
class RefusalsChanged:
    """Another set of marketplaces refuses StoFlow's own application."""

    refusing: frozenset[str]


@dataclass(frozen=True, slots=True)
class MayTry:
    """One job there may find out whether StoFlow's own application is accepted again."""

    marketplace: str


@dataclass(frozen=True, slots=True)
class Reported:
    report: RunReport


@dataclass(frozen=True, slots=True)
class Due:
    """A job's time has come: its retry, its look, its pace."""

    job: JobId


@dataclass(frozen=True, slots=True)
class OrphanDue:
    orphan: QueuedOrphan


@dataclass(frozen=True, slots=True)
class Watch:
    """Look after what has been in flight for long."""


@dataclass(frozen=True, slots=True)
class PaceDue:
    """The next paced call of this action may be made."""

    action: str


@dataclass(frozen=True, slots=True)
class CancelNow:
    """A cancel waits and nothing of the job is under way."""

    job: JobId


@dataclass(frozen=True, slots=True)
class ChildDied:
    marketplace: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A job is final: it leaves the actors' memory."""

    marketplace: str
    job: JobId


@dataclass(frozen=True, slots=True)
class Reread:
    """Read these jobs again: somebody else changed them, or nothing was heard of them."""

    jobs: tuple[JobId, ...]


@dataclass(frozen=True, slots=True)
class Reload:
    """Read the tenant's queue again; `at_leisure`: when nobody else wants anything."""

    at_leisure: bool = False


@dataclass(frozen=True, slots=True)
class IdleCheck:
    """Is the tenant still as idle as when the supervisor's deeds numbered `deeds`?"""

    deeds: int


@dataclass(frozen=True, slots=True)
class Released:
    """The tenant has nothing left to do and is nobody's now; `kept` where something came in between."""

    kept: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A permitted run, to be sent when the window has room."""

    marketplace: str
    message: RunMessage
    started: bool


@dataclass(frozen=True, slots=True)
class Freed:
    """These messages are no longer waited for: what has not left need not leave."""

    messages: tuple[RunMessage, ...]


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Redis was away, and may have lost what was on its way."""


@dataclass(frozen=True, slots=True)
class HasLeft:
    """Has the message left? `asker` hears it with `Left`: at once, or when it leaves."""

    message: RunMessage
    asker: pykka.ActorRef[Any]


@dataclass(frozen=True, slots=True)
class Left:
    """The message is no longer in the dispatcher's line."""

    message: RunMessage
