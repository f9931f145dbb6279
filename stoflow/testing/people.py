"""Buyers and sellers at work in the marketplace's own pages while StoFlow waits to look what became of its call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stoflow.domain.call import Call, Response
from stoflow.domain.errors import InputError
from stoflow.testing.ledger import entries, shown_to_buyers
from stoflow.testing.network import Act, Deed
from stoflow.testing.scenario import Scenario

NEW_WORDS = "Robe d'été, vue par sa vendeuse"


@dataclass(frozen=True)
class Person:
    """Does `act` to what buyers see, with these wishes; `ends`: buyers do not see it afterwards."""

    act: str
    wishes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ends: bool = True

    def acts(self, scenario: Scenario) -> None:
        """Act on what there is to act on; nobody can buy a draft."""
        for listing in sorted(shown_to_buyers(scenario)):
            try:
                scenario.behave(self.act, listing, **self.wishes)
            except InputError:
                continue

    def ends_in(self, scenario: Scenario) -> set[str]:
        """Return the listings that this person has ended."""
        deeds = (entry for entry in entries(scenario) if entry.operation.endswith(self.act) and not entry.attempt)
        return {entry.listing_id for entry in deeds} if self.ends else set()


BUYS, EDITS, DELETES = Person("sell"), Person("edit", {"title": NEW_WORDS}, ends=False), Person("delete")


def acts_in_the_quiet_time(scenario: Scenario, who: Person, lost: Deed) -> Deed:
    """Let nobody hear what became of a call, and somebody act then."""

    def meets(call: Call, act: Act) -> Response:
        try:
            return lost(call, act)
        finally:
            who.acts(scenario)

    return meets
