"""Quantity 0 means for sale nowhere, on every marketplace, whoever wrote it; raised, the product may be listed again."""

from collections.abc import Callable

import pytest

from stoflow.domain.job import JobStatus
from stoflow.domain.product import ProductImage
from stoflow.marketplaces.contract import Marketplace
from stoflow.upkeep.stock import Stock
from tests.contract.played import REGISTRY
from tests.contract.situations import TITLE
from tests.contract.stage import Stage
from tests.contract.theatre import Theatre
from tests.contract.witness import on_sale, verdict

PLACES = [place for place in REGISTRY.marketplaces.values() if {"publish", "delete"} <= place.handlers.keys()]
Open = Callable[[Marketplace], Stage]
ONE = ProductImage(1, "1.jpg")


def by_hand(stage: Stage, product: int, quantity: int) -> None:
    stage.change_product(product, quantity=quantity)


def by_a_sale(stage: Stage, product: int, quantity: int) -> None:
    """As an orders job of another marketplace records it."""
    status = "draft" if quantity else "sold"
    stage.bench.all(f"UPDATE {{s}}.products SET stock_quantity = {quantity}, status = '{status}' WHERE id = {product}")


WRITERS = {"by_hand": by_hand, "by_a_sale": by_a_sale}
everywhere = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
whoever_writes = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@pytest.fixture
def opened(theatre: Theatre) -> Open:
    return lambda place: theatre.stage(place, "publish")


def follow(stage: Stage) -> int:
    """What an orchestrator does within a second."""
    return Stock(stage.bench.engine.database, stage.bench.engine.registry).follow()


def listed(stage: Stage) -> int:
    product = stage.make_product(title=TITLE, images=(ONE,))
    stage.done("publish", product)
    assert on_sale(stage) == [TITLE]
    return product


def actions(stage: Stage) -> list[tuple[str, str]]:
    rows = stage.bench.all(
        "SELECT a.code, j.status FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a "
        "ON a.id = j.action_type_id ORDER BY j.id"
    )
    return [(row["code"], row["status"]) for row in rows]


@everywhere
@whoever_writes
def test_none_left_means_no_longer_for_sale_and_a_raise_lists_it_again_once(
    opened: Open, place: Marketplace, write: Callable[[Stage, int, int], None]
) -> None:
    stage = opened(place)
    product = listed(stage)

    write(stage, product, 0)
    follow(stage)
    stage.finished_all()
    assert on_sale(stage) == []
    assert stage.listing(product) == ""

    write(stage, product, 1)
    follow(stage)
    stage.done("publish", product)
    assert on_sale(stage) == [TITLE]
    assert actions(stage) == [("publish", "completed"), ("delete", "completed"), ("publish", "completed")]
    assert not any(verdict(stage).counters.values())


@pytest.mark.parametrize(
    "place", [place for place in PLACES if "update" in place.handlers], ids=lambda place: place.name
)
def test_an_update_of_what_is_sold_out_ends_the_listing(opened: Open, place: Marketplace) -> None:
    """Also where nobody else has followed the change yet."""
    stage = opened(place)
    product = listed(stage)
    stage.change_product(product, quantity=0)
    stage.submit("update", product)
    stage.finished_all()
    assert on_sale(stage) == []
    assert actions(stage)[-1] == ("delete", "completed")


@everywhere
def test_what_is_sold_out_is_not_published_and_its_seller_is_told_why(opened: Open, place: Marketplace) -> None:
    stage = opened(place)
    product = stage.make_product(title=TITLE, quantity=0, images=(ONE,))
    view = stage.finished(stage.submit("publish", product))
    assert view.status is JobStatus.FAILED
    assert [error.message for error in view.errors if error.field == "quantity"] == [
        "The quantity is 0: none is left to be sold. Raise it to list the product."
    ]
    assert actions(stage) == [("publish", "failed")]
    assert on_sale(stage) == []


@everywhere
def test_what_sells_out_while_it_is_being_published_does_not_stay_for_sale(opened: Open, place: Marketplace) -> None:
    stage = opened(place)
    product = stage.make_product(title=TITLE, images=(ONE,))
    stage.begin(product, {})
    (last,) = (step for step in place.handlers["publish"].steps if step.paced)  # type: ignore[attr-defined]

    def sell_out() -> None:
        stage.change_product(product, quantity=0)
        follow(stage)

    stage.when_next(last, sell_out)
    stage.met()
    stage.finished_all()
    assert on_sale(stage) == []
    assert stage.listing(product) == ""


@everywhere
def test_a_removal_not_begun_is_taken_back_where_the_product_is_there_again(opened: Open, place: Marketplace) -> None:
    stage = opened(place)
    product = listed(stage)
    for _ in range(2):
        stage.change_product(product, quantity=0)
        assert follow(stage) == 1
        stage.change_product(product, quantity=2)
        assert follow(stage) == 1
    stage.finished_all()
    assert on_sale(stage) == [TITLE]
    assert actions(stage) == [("publish", "completed"), ("delete", "cancelled"), ("delete", "cancelled")]

    stage.change_product(product, quantity=0)
    follow(stage)
    stage.finished_all()
    assert on_sale(stage) == []


@everywhere
def test_a_removal_whose_product_came_back_before_anybody_heard_of_it_does_nothing(
    opened: Open, place: Marketplace
) -> None:
    stage = opened(place)
    product = listed(stage)
    stage.change_product(product, quantity=0)
    follow(stage)
    stage.change_product(product, quantity=1)
    stage.finished_all()
    assert on_sale(stage) == [TITLE]
    assert actions(stage)[-1] == ("delete", "cancelled")
