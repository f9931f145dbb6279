"""A market does by itself what its clock says: once, in order, and as its own deed in the ledger."""

from dataclasses import dataclass, field

import pytest

from stoflow_sandbox.calls import Effect
from stoflow_sandbox.ledger import Ledger
from stoflow_sandbox.market import BY_ITSELF, Deed
from stoflow_sandbox.own_acts import Agenda, settle
from stoflow_sandbox.sellers import Seller
from stoflow_sandbox.sightings import deeds_of

ANN = Seller("stall", "ann", "Ann", 7)
LIVE = Effect("L1", "sf7p1", state="live")
OVER = Effect("L1", "sf7p1", state="over")


@dataclass
class Stall:
    """A market whose time a test tells."""

    now: float = 1000.0
    name: str = "stall"
    agenda: Agenda = field(init=False)
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        self.agenda = Agenda(lambda: self.now)

    def after(self, seconds: float) -> list[str]:
        """Let time pass; return everything that was done by itself."""
        self.now += seconds
        settle(self, self.ledger)  # type: ignore[arg-type]
        return [entry.operation for entry in self.ledger.since()]


def test_what_is_planned_is_done_at_its_time_and_once() -> None:
    stall = Stall()
    stall.agenda.plan(60, "expire", ANN, lambda: OVER)
    assert stall.after(59) == []
    assert stall.after(1) == ["itself.expire"]
    assert stall.after(1000) == ["itself.expire"]


def test_what_was_due_first_is_done_first_and_may_plan_what_follows() -> None:
    stall = Stall()

    def go_live() -> Effect:
        stall.agenda.plan(-5, "expire", ANN, lambda: OVER)
        return LIVE

    stall.agenda.plan(20, "end", ANN, lambda: OVER)
    stall.agenda.plan(10, "go_live", ANN, go_live)
    assert stall.after(30) == ["itself.go_live", "itself.end", "itself.expire"]


def test_the_ledger_has_it_as_the_markets_own_deed_on_that_sellers_listing() -> None:
    stall = Stall()
    stall.agenda.plan(1, "go_live", ANN, lambda: LIVE)
    stall.after(1)
    (entry,) = stall.ledger.since()
    assert (entry.operation, entry.seller, entry.tenant, entry.sku) == (f"{BY_ITSELF}go_live", "ann", 7, "sf7p1")
    assert (entry.attempt, entry.token, deeds_of(entry)) == ("", "", (Deed.ACTIVATED,))


def test_an_act_that_finds_nothing_to_do_leaves_no_trace() -> None:
    stall = Stall()
    stall.agenda.plan(1, "expire", ANN, lambda: None)
    assert stall.after(2) == []


def test_only_what_the_judge_understands_can_be_planned() -> None:
    with pytest.raises(ValueError, match="go_live, end, expire by itself, not vanish"):
        Stall().agenda.plan(1, "vanish", ANN, lambda: OVER)
