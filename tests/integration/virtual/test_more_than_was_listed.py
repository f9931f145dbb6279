"""A sold listing takes of a product's stock what it offered: of what there is more, more is left."""

import pytest

from stoflow.testing import VirtualEngine
from stoflow.testing.tenant import VirtualTenant

PLACES = ("ebay", "etsy", "vinted")


def stock(seller: VirtualTenant, product: int) -> int:
    with seller.installation.database.records() as connection:
        query = f"SELECT stock_quantity FROM user_{seller.id}.products WHERE id = %s"
        row = connection.execute(query.encode(), [product]).fetchone()
    assert row is not None
    return int(row["stock_quantity"])


def ask(engine: VirtualEngine, seller: VirtualTenant, place: str, *actions: str) -> None:
    for action in actions:
        seller.create_job(place, action)
        engine.advance(hours=1)


def published(engine: VirtualEngine, seller: VirtualTenant, quantity: int) -> int:
    product = seller.make_product(title="Robe d'été", quantity=quantity)
    for place in PLACES:
        seller.create_job(place, "publish", product)
    engine.run_until_idle()
    engine.advance(minutes=1)
    return product


@pytest.mark.parametrize("actions", [("orders", "sync"), ("sync", "orders"), ("sync", "sync", "orders", "sync")])
@pytest.mark.parametrize("seen_before", [False, True])
def test_of_three_pieces_one_that_is_sold_on_vinted_leaves_two_for_sale_elsewhere(
    stoflow_engine: VirtualEngine, actions: tuple[str, ...], *, seen_before: bool
) -> None:
    seller = stoflow_engine.make_tenant()
    product = published(stoflow_engine, seller, 3)
    if seen_before:
        ask(stoflow_engine, seller, "vinted", "sync")
    seller.sell("vinted", product)

    ask(stoflow_engine, seller, "vinted", *actions)

    assert stock(seller, product) == 2
    assert [stoflow_engine.marketplace(place).on_sale(seller.id) for place in PLACES] == [
        ["Robe d'été"],
        ["Robe d'été"],
        [],
    ]
    assert seller.listing("vinted", product) == ""


@pytest.mark.parametrize("place", ["ebay", "etsy"])
@pytest.mark.parametrize("actions", [("orders", "sync"), ("sync", "orders")])
def test_a_listing_that_offered_less_than_there_is_takes_no_more_than_it_offered(
    stoflow_engine: VirtualEngine, place: str, actions: tuple[str, ...]
) -> None:
    seller = stoflow_engine.make_tenant()
    product = published(stoflow_engine, seller, 1)
    ask(stoflow_engine, seller, place, "sync")
    seller.change_product(product, quantity=4)
    seller.sell(place, product)

    ask(stoflow_engine, seller, place, *actions)

    assert stock(seller, product) == 3


def test_the_only_piece_that_a_sync_sees_sold_is_gone_everywhere(stoflow_engine: VirtualEngine) -> None:
    seller = stoflow_engine.make_tenant()
    product = published(stoflow_engine, seller, 1)
    seller.sell("vinted", product)

    ask(stoflow_engine, seller, "vinted", "sync")

    assert stock(seller, product) == 0
    assert [stoflow_engine.marketplace(place).on_sale(seller.id) for place in PLACES] == [[], [], []]
