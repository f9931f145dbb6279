"""What a step's result means for its task: seven outcomes, and the answer of a look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any

from stoflow.domain.observed import ListingsSeen, OrdersSeen
from stoflow.domain.product import SentPhoto

WARNINGS = "warnings"
"""The output that holds what a marketplace said beside doing what was asked: the timeline shows it as well."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One reason, naming the field it is about; `code` is the marketplace's own id of it, "" where it has none."""

    field: str
    message: str
    code: str = dataclass_field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a Done step learned about the product's listing on the marketplace.

    `external_id` is chosen by compare-and-set: the first one recorded stays, unless it is the one that this one
    `replaces`, as it has ended. `visible` means buyers see it. `photos` are all that StoFlow has given it, in order;
    None leaves those recorded. `quantity` is how many of the product buyers can take of it; None leaves that recorded.
    """

    external_id: str
    visible: bool = False
    url: str = ""
    photos: tuple[SentPhoto, ...] | None = None
    quantity: int | None = None
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The step did what it is for; `output` (JSON) is what later steps read.

    `ended` is the external id of a listing that buyers no longer see: the product has none there from then on. `seen`
    is what the marketplace showed of the whole account. `acted` says that others have seen what was done, though
    neither `listed` nor `ended` says so: a cancel comes too late.
    """

    output: Mapping[str, Any] = field(default_factory=dict[str, Any])
    listed: Listed | None = None
    ended: str = ""
    seen: ListingsSeen | OrdersSeen | None = None
    acted: bool = False

    @property
    def is_output_only(self) -> bool:
        """Whether nothing but its output is recorded."""
        is_told = self.listed or self.ended or self.seen or self.acted or WARNINGS in self.output
        return not is_told


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Nothing was done; try later. `after_s` None means the usual back-off; `charged` False for 429.

    `away`: the marketplace does not answer, or only that it is broken. That says nothing of the task, which is not
    charged for it, until an outage has gone on for hours.
    `ended` is the external id of the product's listing where it is no longer there: the product has none from then on.
    `application`: it is StoFlow's own application that is not accepted. Its operators must act, and no seller; the task
    waits for them without being charged, however long that takes.
    `lost`: no answer came to a call that had left, or a 5xx: it may still be carried out.
    """

    reason: str
    after_s: float | None = None
    charged: bool = True
    away: bool = False
    ended: str = ""
    application: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """The account is locked there: until when, and the address where the seller unlocks it, as far as it is said."""

    until: datetime | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class SellerMustAct:
    """Nothing goes on at this marketplace for this tenant until the seller has acted (log in again, reconnect).

    `person`: a person must answer for it there, and it is not tried whether it works all the same. `lock`: it is the
    account that is locked there: to connect again changes nothing, and whether it still is so is tried.
    """

    reason: str
    person: bool = False
    lock: Lock | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The marketplace, or our validation, says no: final, with every reason."""

    reason: str
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was done: look before acting again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Something nobody foresaw: a person must read it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The marketplace accepted it and works on it: look again after `after_s`, and for `at_most_s` in all.

    `operation` (JSON) is what the marketplace named it, for the look. Where it still says so after that time, nobody
    knows what becomes of it: the job fails, and a retry looks first. Only a step with a look may answer so.
    """

    reason: str
    after_s: float
    at_most_s: float
    operation: Mapping[str, Any] = field(default_factory=dict[str, Any])


Outcome = Done | TryAgain | SellerMustAct | Refused | Unknown | Broken | Pending


@dataclass(frozen=True, slots=True)
class Absent:
    """A look found that nothing was done of what it was looking for."""

    reason: str = "nothing was found"


@dataclass(frozen=True, slots=True)
class CannotTell:
    """A look did not find out, and why: look again after `after_s`, None for ever more rarely.

    `seller`: not before the seller has acted, `person` and `lock` as in SellerMustAct. `application`: not before
    StoFlow's own is accepted again.
    """

    reason: str
    after_s: float | None = None
    seller: bool = False
    person: bool = False
    application: bool = False
    lock: Lock | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A look found that what the marketplace had accepted came to nothing: the step begins again, which is charged."""

    reason: str


LookResult = Done | Absent | Refused | CannotTell | Pending | Failed
"""What a look answers: it was done (and what others made of it since), it was not, it never can be, who knows, it is
being done, or it came to nothing."""


def cannot_tell(outcome: Outcome) -> CannotTell:
    """Return what a call that failed says to a look: nothing of the act."""
    match outcome:
        case SellerMustAct(reason, person, lock):
            return CannotTell(reason, seller=True, person=person, lock=lock)
        case TryAgain(reason, after_s, application=application):
            return CannotTell(reason, after_s, application=application)
        case Done():
            return CannotTell("The answer did not say what was asked.")
        case _:
            return CannotTell(outcome.reason)
