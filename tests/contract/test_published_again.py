"""Publishing again what buyers have bought since StoFlow last looked: it is not for sale a second time."""

from decimal import Decimal

import pytest

from stoflow.domain.job import JobStatus
from stoflow.domain.product import ProductImage
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import BUILT_IN
from stoflow.testing.harness import Harness
from stoflow.testing.ledger import last_entry, listed_again
from stoflow.testing.scenario import Scenario
from stoflow.testing.words import described

PHOTO = ProductImage(1, "1.jpg")
SEVERAL = [place for place in BUILT_IN if place.name in {"ebay", "etsy"}]


@pytest.fixture
def scenario(harness: Harness, place: Marketplace) -> Scenario:
    return harness.scenario(place, "publish")


@pytest.mark.parametrize("place", BUILT_IN, ids=lambda place: place.name)
def test_what_was_sold_is_refused_and_not_listed_again(scenario: Scenario) -> None:
    product = scenario.make_product(images=(PHOTO,))
    listing = scenario.done("publish", product)
    scenario.behave("sell", listing)
    since = last_entry(scenario)
    scenario.begin(product, {})

    view = scenario.finished()

    assert view.status is JobStatus.FAILED, described(view)
    assert "has been sold on" in str(view.error)
    assert not listed_again(scenario, {listing}, since=since)


@pytest.mark.parametrize("place", SEVERAL, ids=lambda place: place.name)
def test_no_more_are_for_sale_than_are_left(scenario: Scenario) -> None:
    product = scenario.make_product(images=(PHOTO,), quantity=3)
    listing = scenario.done("publish", product)
    scenario.behave("sell", listing, quantity=2)
    scenario.change_product(product, price=Decimal("19.90"))

    assert scenario.done("publish", product) == listing

    scenario.behave("sell", listing)
    with pytest.raises(Exception, match="A buyer can have"):
        scenario.behave("sell", listing)


@pytest.mark.parametrize("place", BUILT_IN, ids=lambda place: place.name)
def test_what_was_sold_and_is_there_again_is_listed_once_its_sale_is_known(scenario: Scenario) -> None:
    product = scenario.make_product(images=(PHOTO,))
    scenario.behave("sell", scenario.done("publish", product))
    scenario.finished(scenario.submit("sync", None))
    scenario.finished_all()
    scenario.change_product(product, quantity=1)
    scenario.done("publish", product)
