"""What the contract suite must be told of a marketplace: all of it has a default, and a package declares the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from stoflow.domain.product import NewProduct
from stoflow.marketplaces.contract import Step
from stoflow.testing.examples import DRESS as DRESS
from stoflow.testing.people import Person
from stoflow.testing.situations import SITUATIONS, Situation


@dataclass(frozen=True)
class Particulars:
    """What a marketplace has otherwise than most.

    `product` is one that it takes; its photos are the suite's. `refused_without` are the fields that its first task
    asks for. `account` is what a seller chooses for the account, beside what the simulation grants. `situations` are
    those of actions that the suite does not know, and of steps (`action.step`) that have nothing to do in the
    situation of their action. `people` is who acts in its own pages, by a name for the test.
    """

    product: NewProduct = DRESS
    refused_without: frozenset[str] = frozenset({"title", "price", "quantity", "category", "images"})
    account: Mapping[str, Any] = field(default_factory=dict[str, Any])
    situations: Mapping[str, Situation] = field(default_factory=dict[str, Situation])
    people: Mapping[str, Person] = field(default_factory=dict[str, Person])

    def situation(self, action: str, step: Step | None = None) -> Situation:
        """Return the situation of an action at a step; one that has none fails its tests."""
        known = {**SITUATIONS, **self.situations}
        found = known.get(f"{action}.{step.name}") if step else None
        found = found or known.get(action)
        if found is None:
            pytest.fail(f"The suite has no situation for {action}: declare one in `situations` of the Particulars.")
        return found
