"""Publishing again what buyers have bought since StoFlow last looked: it is not for sale a second time."""

from decimal import Decimal

import pytest

from stoflow.domain.job import JobStatus
from stoflow.domain.product import ProductImage
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import BUILT_IN
from tests.contract.stage import Stage, standing
from tests.contract.theatre import Theatre
from tests.contract.witness import last_entry, listed_again

PHOTO = ProductImage(1, "1.jpg")
SEVERAL = [place for place in BUILT_IN if place.name in {"ebay", "etsy"}]


@pytest.fixture
def stage(theatre: Theatre, place: Marketplace) -> Stage:
    return theatre.stage(place, "publish")


@pytest.mark.parametrize("place", BUILT_IN, ids=lambda place: place.name)
def test_what_was_sold_is_refused_and_not_listed_again(stage: Stage) -> None:
    product = stage.make_product(images=(PHOTO,))
    listing = stage.done("publish", product)
    stage.behave("sell", listing)
    since = last_entry(stage)
    stage.begin(product, {})

    view = stage.finished()

    assert view.status is JobStatus.FAILED, standing(view)
    assert "has been sold on" in str(view.error)
    assert not listed_again(stage, {listing}, since=since)


@pytest.mark.parametrize("place", SEVERAL, ids=lambda place: place.name)
def test_no_more_are_for_sale_than_are_left(stage: Stage) -> None:
    product = stage.make_product(images=(PHOTO,), quantity=3)
    listing = stage.done("publish", product)
    stage.behave("sell", listing, quantity=2)
    stage.change_product(product, price=Decimal("19.90"))

    assert stage.done("publish", product) == listing

    stage.behave("sell", listing)
    with pytest.raises(Exception, match="A buyer can have"):
        stage.behave("sell", listing)


@pytest.mark.parametrize("place", BUILT_IN, ids=lambda place: place.name)
def test_what_was_sold_and_is_there_again_is_listed_once_its_sale_is_known(stage: Stage) -> None:
    product = stage.make_product(images=(PHOTO,))
    stage.behave("sell", stage.done("publish", product))
    stage.finished(stage.submit("sync", None))
    stage.finished_all()
    stage.change_product(product, quantity=1)
    stage.done("publish", product)
