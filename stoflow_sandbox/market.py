"""What a simulated marketplace is: a table of operations, a check of who calls, and its own words for trouble."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from stoflow.domain.errors import InputError
from stoflow_sandbox.application import Application
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.sellers import Seller, TokenBook


class Deed(StrEnum):
    """What a call, or a person, does to a listing."""

    CREATED = "created"
    ACTIVATED = "activated"
    UPDATED = "updated"
    ENDED = "ended"


Deeds = Mapping[str, tuple[Deed, ...]]
"""By operation; one that does nothing to a listing is not in it."""
Paced = Mapping[str, frozenset[str]]
"""By action, the call that changes what buyers see, or shows a page of an account: what pace is about."""
BEHIND = "behind."
"""Stands before an act in the ledger: it was done behind StoFlow's back, and no call came."""
DEEDS_BEHIND: Mapping[str, Deed] = {
    "list": Deed.ACTIVATED,
    "sell": Deed.ENDED,
    "edit": Deed.UPDATED,
    "delete": Deed.ENDED,
}
"""What people's acts do to a listing; other acts, such as a buyer's message, do nothing to it."""
BY_ITSELF = "itself."
"""Stands before an act in the ledger that the marketplace did by itself, when its time had come."""
DEEDS_BY_ITSELF: Mapping[str, Deed] = {"go_live": Deed.ACTIVATED, "end": Deed.ENDED, "expire": Deed.ENDED}
ON_SALE = frozenset({"active", "published", "live"})
"""What marketplaces call a listing that buyers can buy, in small letters."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """`of` gives a call the operation's own name or one of `finer`, by what is sent."""

    of: Callable[[ReceivedCall], str]
    finer: frozenset[str]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call the marketplace understands; `renaming` finds a finer name in what is sent.

    `open_door` is True where no seller's token is needed. `by_rate` is False where a fault by rate would cut the
    seller off for good: a lost answer to a rotating refresh is a revocation, and revocation comes by script only.
    `query` are the parameters of the query that it takes, None where any.
    """

    name: str
    method: str
    path: str
    work: Callable[[ReceivedCall], Answer]
    open_door: bool = False
    by_rate: bool = True
    renaming: Renaming | None = None
    query: frozenset[str] | None = None

    @property
    def names(self) -> frozenset[str]:
        """Every name the ledger may have it under."""
        return frozenset({self.name}) | (self.renaming.finer if self.renaming else frozenset())


def taking(queries: Mapping[str, frozenset[str]], *operations: Operation) -> tuple[Operation, ...]:
    """Return the operations, each with the parameters of its query: none where none are named."""
    return tuple(replace(operation, query=queries.get(operation.name, frozenset())) for operation in operations)


class Market(Protocol):
    """One simulated marketplace; `work` functions run one at a time."""

    name: str
    deeds: Deeds
    paced: Paced
    tokens: TokenBook

    def __init__(self, application: Application, *, token_speed: float = 1.0, clock: Clock = MACHINE_CLOCK) -> None:
        """Every time it tells or judges by is that of `clock`; `token_speed` divides the lives of its tokens."""
        ...

    @staticmethod
    def variables(url: str, application: Application) -> Mapping[str, str]:
        """Return the environment variables that lead StoFlow's calls here, as this application."""
        ...

    def operations(self) -> Sequence[Operation]:
        """Return its calls; the first whose path fits answers."""
        ...

    def token_of(self, headers: Mapping[str, str]) -> str:
        """Return the seller's token a call carries, "" where it carries none."""
        ...

    def authorize(self, call: ReceivedCall) -> None:
        """Raise Refusal unless the call's token opens this door."""
        ...

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        """Make a seller with a furnished shop."""
        ...

    def grant(self, seller: Seller) -> Mapping[str, Any]:
        """Return new tokens of this seller, as after a consent or a sign-in."""
        ...

    def behave(self, seller: Seller, act: str, wishes: Mapping[str, Any]) -> Effect:  # noqa: ARG002  # a default
        """Let a buyer, or the seller in the marketplace's own pages, act; return what came of it.

        The listing is the one of this seller that `wishes["listing_id"]` names. Everywhere `sell` takes `quantity` (1)
        off sale and makes an order, `edit` changes `title` or `price`, `delete` ends the listing. The effect's state is
        in ON_SALE while buyers can still buy. InputError names the field at fault. Who says nothing of its own here
        has no people.
        """
        raise InputError(f"Nobody but StoFlow acts on {self.name} here.")

    # What a marketplace says in trouble; one that has no words of its own uses these.

    def too_many(self, retry_after_s: int) -> Answer:
        """Return its answer to too many calls."""
        return Answer(429, {"error": "Not so fast."}, {"retry-after": str(retry_after_s)})

    def broken(self) -> Answer:
        """Return its answer when something broke on its side."""
        return Answer(500, {"error": "Out of order."})

    def malformed(self) -> Answer:
        """Return its answer to a body of a shape that no check of ours foresaw."""
        return Answer(400, {"error": "This cannot be read."})

    def unexpected(self, names: Sequence[str]) -> Answer:  # noqa: ARG002  # a default
        """Return its answer to parameters of the query that it does not take."""
        return self.malformed()

    def not_found(self) -> Answer:
        """Return its answer to a path it does not know."""
        return Answer(404, {"error": "There is no such thing."})


def has_people(market: Market) -> bool:
    """Say whether anybody but StoFlow acts there."""
    return type(market).behave is not Market.behave
