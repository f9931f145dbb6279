"""A listing that shows more than StoFlow has of the product: buyers have no more of it than there are."""

import pytest

from stoflow.domain.product import ProductImage
from stoflow.marketplaces.contract import Marketplace
from stoflow.testing.harness import Harness
from stoflow.testing.ledger import on_sale
from stoflow.testing.scenario import Scenario
from stoflow.testing.situations import TITLE
from tests.harness.played import REGISTRY

PHOTO = ProductImage(1, "1.jpg")
SEVERAL = [place for place in REGISTRY.marketplaces.values() if place.name in {"ebay", "etsy"}]
pytestmark = pytest.mark.parametrize("place", SEVERAL, ids=lambda place: place.name)


@pytest.fixture
def scenario(harness: Harness, place: Marketplace) -> Scenario:
    return harness.scenario(place, "publish")


@pytest.fixture
def product(scenario: Scenario) -> int:
    return scenario.make_product(title=TITLE, images=(PHOTO,), quantity=3)


def read(scenario: Scenario, action: str) -> None:
    scenario.submit(action, None)
    scenario.finished_all()


def left(scenario: Scenario, product: int) -> int:
    query = f"SELECT stock_quantity AS left FROM {{s}}.products WHERE id = {product}"
    return int(scenario.bench.all(query)[0]["left"])


def take_the_last(scenario: Scenario, listing: str) -> None:
    """Buy one, and see that no buyer can have another."""
    scenario.behave("sell", listing)
    with pytest.raises(Exception, match="A buyer can have"):
        scenario.behave("sell", listing)


def test_what_is_sold_out_is_taken_away_where_it_shows_more(scenario: Scenario, product: int) -> None:
    listing = scenario.done("publish", product)
    scenario.change_product(product, quantity=1)
    scenario.behave("sell", listing)
    read(scenario, "orders")
    assert left(scenario, product) == 0
    assert on_sale(scenario) == []
    assert scenario.listing(product) == ""


def test_what_sold_of_it_is_told_to_itself_where_it_shows_more(scenario: Scenario, product: int) -> None:
    listing = scenario.done("publish", product)
    scenario.change_product(product, quantity=2)
    scenario.behave("sell", listing)
    read(scenario, "orders")
    assert left(scenario, product) == 1
    take_the_last(scenario, listing)


def test_what_an_update_put_back_before_its_sale_was_known_is_taken_away_with_it(
    scenario: Scenario, product: int
) -> None:
    listing = scenario.done("publish", product)
    scenario.behave("sell", listing, quantity=2)
    scenario.done("update", product)
    minute_later = "updated_at = updated_at + interval '1 minute'"  # as if the sale were not of this very second
    scenario.bench.all(f"UPDATE {{s}}.listings SET {minute_later} WHERE product_id = {product}")
    read(scenario, "orders")
    assert left(scenario, product) == 1
    take_the_last(scenario, listing)


def test_one_that_shows_what_there_is_ends_with_the_last(scenario: Scenario, product: int) -> None:
    listing = scenario.done("publish", product)
    scenario.behave("sell", listing, quantity=3)
    read(scenario, "orders")
    assert left(scenario, product) == 0
    assert scenario.listing(product) == ""
    query = "SELECT count(*) AS n FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a "
    assert scenario.bench.all(query + "ON a.id = j.action_type_id WHERE a.code IN ('delete', 'update')")[0]["n"] == 0


def test_what_the_seller_raised_by_hand_is_known_from_the_next_look(scenario: Scenario, product: int) -> None:
    listing = scenario.done("publish", product)
    scenario.bench.all(f"UPDATE {{s}}.listings SET quantity = 1 WHERE product_id = {product}")
    scenario.change_product(product, quantity=1)
    read(scenario, "sync")
    scenario.behave("sell", listing)
    read(scenario, "orders")
    assert on_sale(scenario) == []
    assert scenario.listing(product) == ""
