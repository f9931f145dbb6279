"""What a marketplace does by itself when its own clock says so, and what nobody called for as the ledger has it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeGuard

from stoflow_sandbox.calls import Effect
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.ledger import Ledger, LedgerEntry
from stoflow_sandbox.market import BY_ITSELF, DEEDS_BY_ITSELF, Market
from stoflow_sandbox.sellers import Seller


@dataclass(frozen=True, slots=True)
class OwnAct:
    """`act` is one of DEEDS_BY_ITSELF; `work` returns None where there is nothing left to do."""

    at: float
    act: str
    seller: Seller
    work: Callable[[], Effect | None]


@dataclass
class Agenda:
    """What a market will do by itself; `clock` tells it when, in epoch seconds."""

    clock: Clock = MACHINE_CLOCK
    _planned: list[OwnAct] = field(default_factory=list[OwnAct])

    def plan(self, after_s: float, act: str, seller: Seller, work: Callable[[], Effect | None]) -> None:
        """Plan an act for so many seconds from now."""
        if act not in DEEDS_BY_ITSELF:
            raise ValueError(f"A marketplace does {', '.join(DEEDS_BY_ITSELF)} by itself, not {act}.")
        self._planned.append(OwnAct(self.clock() + after_s, act, seller, work))

    def take_due(self) -> list[OwnAct]:
        """Return what is due, the earliest first, once."""
        now = self.clock()
        due = sorted((act for act in self._planned if act.at <= now), key=lambda act: act.at)
        self._planned = [act for act in self._planned if act.at > now]
        return due


class SelfActing(Protocol):
    """A market that does something by itself."""

    name: str
    agenda: Agenda


def acts_by_itself(market: Market) -> TypeGuard[SelfActing]:
    """Say whether it has an agenda."""
    return hasattr(market, "agenda")


def settle(market: Market, ledger: Ledger) -> None:
    """Let a market do what is due and record it; nobody else may change a shop meanwhile."""
    if acts_by_itself(market):
        for entry in _done(market):
            ledger.append(entry)


def _done(market: SelfActing) -> Iterator[LedgerEntry]:
    while due := market.agenda.take_due():  # an act may plan another that is due already
        for act in due:
            if effect := act.work():
                yield unasked(market.name, f"{BY_ITSELF}{act.act}", act.seller, effect, at=market.agenda.clock())


def unasked(marketplace: str, operation: str, seller: Seller, effect: Effect, *, at: float) -> LedgerEntry:
    """Return the entry of something that no call did, to a listing of this seller."""
    return LedgerEntry(
        marketplace=marketplace,
        operation=operation,
        time=at,
        status=200,
        seller=seller.external_id,
        tenant=seller.tenant,
        sku=effect.sku,
        marker=effect.marker,
        listing_id=effect.listing_id,
        offer_id=effect.offer_id,
        state=effect.state,
        title=effect.title,
        committed_at=at,
        answered_at=at,
    )
