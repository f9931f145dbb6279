"""Quantity 0 means for sale nowhere, on every marketplace, whoever wrote it; raised, the product may be listed again."""

from collections.abc import Callable

import pytest

from stoflow.domain.job import JobStatus
from stoflow.domain.product import ProductImage
from stoflow.marketplaces.contract import Marketplace
from stoflow.testing.harness import Harness
from stoflow.testing.ledger import on_sale, verdict
from stoflow.testing.scenario import Scenario
from stoflow.testing.situations import TITLE
from stoflow.upkeep.stock import Stock
from tests.harness.played import REGISTRY

PLACES = [place for place in REGISTRY.marketplaces.values() if {"publish", "delete"} <= place.handlers.keys()]
Open = Callable[[Marketplace], Scenario]
ONE = ProductImage(1, "1.jpg")


def by_hand(scenario: Scenario, product: int, quantity: int) -> None:
    scenario.change_product(product, quantity=quantity)


def by_a_sale(scenario: Scenario, product: int, quantity: int) -> None:
    """As an orders job of another marketplace records it."""
    status = "draft" if quantity else "sold"
    scenario.bench.all(
        f"UPDATE {{s}}.products SET stock_quantity = {quantity}, status = '{status}' WHERE id = {product}"
    )


WRITERS = {"by_hand": by_hand, "by_a_sale": by_a_sale}
everywhere = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
whoever_writes = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@pytest.fixture
def opened(harness: Harness) -> Open:
    return lambda place: harness.scenario(place, "publish")


def follow(scenario: Scenario) -> int:
    """What an orchestrator does within a second."""
    return Stock(scenario.bench.engine.database, scenario.bench.engine.registry).follow()


def listed(scenario: Scenario) -> int:
    product = scenario.make_product(title=TITLE, images=(ONE,))
    scenario.done("publish", product)
    assert on_sale(scenario) == [TITLE]
    return product


def actions(scenario: Scenario) -> list[tuple[str, str]]:
    rows = scenario.bench.all(
        "SELECT a.code, j.status FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a "
        "ON a.id = j.action_type_id ORDER BY j.id"
    )
    return [(row["code"], row["status"]) for row in rows]


@everywhere
@whoever_writes
def test_none_left_means_no_longer_for_sale_and_a_raise_lists_it_again_once(
    opened: Open, place: Marketplace, write: Callable[[Scenario, int, int], None]
) -> None:
    scenario = opened(place)
    product = listed(scenario)

    write(scenario, product, 0)
    follow(scenario)
    scenario.finished_all()
    assert on_sale(scenario) == []
    assert scenario.listing(product) == ""

    write(scenario, product, 1)
    follow(scenario)
    scenario.done("publish", product)
    assert on_sale(scenario) == [TITLE]
    assert actions(scenario) == [("publish", "completed"), ("delete", "completed"), ("publish", "completed")]
    assert not any(verdict(scenario).counters.values())


@pytest.mark.parametrize(
    "place", [place for place in PLACES if "update" in place.handlers], ids=lambda place: place.name
)
def test_an_update_of_what_is_sold_out_ends_the_listing(opened: Open, place: Marketplace) -> None:
    """Also where nobody else has followed the change yet."""
    scenario = opened(place)
    product = listed(scenario)
    scenario.change_product(product, quantity=0)
    scenario.submit("update", product)
    scenario.finished_all()
    assert on_sale(scenario) == []
    assert actions(scenario)[-1] == ("delete", "completed")


@everywhere
def test_what_is_sold_out_is_not_published_and_its_seller_is_told_why(opened: Open, place: Marketplace) -> None:
    scenario = opened(place)
    product = scenario.make_product(title=TITLE, quantity=0, images=(ONE,))
    view = scenario.finished(scenario.submit("publish", product))
    assert view.status is JobStatus.FAILED
    assert [error.message for error in view.errors if error.field == "quantity"] == [
        "The quantity is 0: none is left to be sold. Raise it to list the product."
    ]
    assert actions(scenario) == [("publish", "failed")]
    assert on_sale(scenario) == []


@everywhere
def test_what_sells_out_while_it_is_being_published_does_not_stay_for_sale(opened: Open, place: Marketplace) -> None:
    scenario = opened(place)
    product = scenario.make_product(title=TITLE, images=(ONE,))
    scenario.begin(product, {})
    (last,) = (step for step in place.handlers["publish"].steps if step.paced)  # type: ignore[attr-defined]

    def sell_out() -> None:
        scenario.change_product(product, quantity=0)
        follow(scenario)

    scenario.when_next(last, sell_out)
    scenario.met()
    scenario.finished_all()
    assert on_sale(scenario) == []
    assert scenario.listing(product) == ""


@everywhere
def test_a_removal_not_begun_is_taken_back_where_the_product_is_there_again(opened: Open, place: Marketplace) -> None:
    scenario = opened(place)
    product = listed(scenario)
    for _ in range(2):
        scenario.change_product(product, quantity=0)
        assert follow(scenario) == 1
        scenario.change_product(product, quantity=2)
        assert follow(scenario) == 1
    scenario.finished_all()
    assert on_sale(scenario) == [TITLE]
    assert actions(scenario) == [("publish", "completed"), ("delete", "cancelled"), ("delete", "cancelled")]

    scenario.change_product(product, quantity=0)
    follow(scenario)
    scenario.finished_all()
    assert on_sale(scenario) == []


@everywhere
def test_a_removal_whose_product_came_back_before_anybody_heard_of_it_does_nothing(
    opened: Open, place: Marketplace
) -> None:
    scenario = opened(place)
    product = listed(scenario)
    scenario.change_product(product, quantity=0)
    follow(scenario)
    scenario.change_product(product, quantity=1)
    scenario.finished_all()
    assert on_sale(scenario) == [TITLE]
    assert actions(scenario)[-1] == ("delete", "cancelled")
