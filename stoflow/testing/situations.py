"""What there has to be before a job of each action can do something, and what its success looks like."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stoflow.domain.job import JobStatus
from stoflow.domain.product import ProductImage
from stoflow.testing.network import answered
from stoflow.testing.scenario import Scenario
from stoflow.testing.words import steps_of

TITLE, NEW_TITLE = "Robe d'été", "Robe d'été, prix baissé"
ONE, ANOTHER, THIRD = ProductImage(1, "1.jpg"), ProductImage(2, "2.jpg"), ProductImage(1, "3.jpg")
BAD_REQUEST = 400
ANSWER = "Oui, toujours disponible !"


@dataclass(frozen=True)
class Wish:
    """What the job is asked for with."""

    product: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Situation:
    """`on_sale` are the titles that buyers see once the job is done, `told` is what its result says.

    `adopts` are the unsafe tasks that find done what they are for. `is_record`: what the job does can be seen in
    StoFlow's own record only.
    """

    prepared: Callable[[Scenario], Wish]
    on_sale: Sequence[str] = ()
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    adopts: frozenset[str] = frozenset()
    is_record: bool = False


def _new(scenario: Scenario) -> Wish:
    return Wish(scenario.make_product(title=TITLE, images=(ONE,)))


def _changed(scenario: Scenario) -> Wish:
    """A product with two photos is on sale; now it has one, another one, and another title and price."""
    product = scenario.make_product(title=TITLE, images=(ONE, ANOTHER))
    scenario.done("publish", product)
    scenario.change_product(product, title=NEW_TITLE, price=scenario.cheaper)
    scenario.change_photos(product, THIRD)
    return Wish(product)


def _published(scenario: Scenario) -> Wish:
    product = scenario.make_product(title=TITLE, images=(ONE,))
    scenario.done("publish", product)
    return Wish(product)


def given_up(scenario: Scenario) -> Wish:
    """The call that makes it visible was refused, which left what was made until then."""
    product = scenario.make_product(title=TITLE, images=(ONE,))
    (last,) = (step for step in steps_of(scenario.place, "publish") if step.paced)
    scenario.network.calls[last.name] = answered(BAD_REQUEST)
    view = scenario.finished(scenario.submit("publish", product))
    assert view.status is JobStatus.FAILED
    return Wish(product)


def _looked_after(scenario: Scenario) -> Wish:
    """Of two listings one has another title, and no record; the other was ended in the seller's own pages."""
    kept, ended = (scenario.done("publish", scenario.make_product(title=TITLE, images=(ONE,))) for _ in range(2))
    scenario.bench.all(f"DELETE FROM {{s}}.listings WHERE external_id = '{kept}'")
    scenario.behave("edit", kept, title=NEW_TITLE)
    scenario.behave("delete", ended)
    return Wish()


def _sold(scenario: Scenario) -> Wish:
    scenario.behave("sell", scenario.done("publish", scenario.make_product(title=TITLE, images=(ONE,))))
    return Wish()


def _asked(scenario: Scenario) -> Wish:
    """A buyer has written about a listing; the effect of that names the conversation."""
    listing = scenario.done("publish", scenario.make_product(title=TITLE, images=(ONE,)))
    written = scenario.behave("write", listing, text="Toujours disponible ?")
    return Wish(payload={"conversation_id": written.offer_id, "text": ANSWER})


def _forgotten(scenario: Scenario) -> Wish:
    """There is a listing that StoFlow has no record of, as of a seller who comes to it with a full wardrobe."""
    listing = scenario.done("publish", scenario.make_product(title=TITLE, images=(ONE,)))
    scenario.bench.all("DELETE FROM {s}.listings")
    return Wish(scenario.make_product(title=TITLE, images=(ONE,)), {"listing_id": listing})


ORDERS = Situation(_sold, told={"orders": 1, "sold": 1})
SITUATIONS: Mapping[str, Situation] = {
    "publish": Situation(_new, on_sale=(TITLE,)),
    "update": Situation(_changed, on_sale=(NEW_TITLE,)),
    "delete": Situation(_published),
    "sync": Situation(_looked_after, on_sale=(NEW_TITLE,), told={"seen": 1, "new": 1, "vanished": 1}),
    "orders": ORDERS,
    "sync_orders": ORDERS,
    "message": Situation(_asked, on_sale=(TITLE,)),
    "link_product": Situation(_forgotten, on_sale=(TITLE,), is_record=True),
}
"""By action, for every marketplace: what others do there is the sandbox's `behave`."""
