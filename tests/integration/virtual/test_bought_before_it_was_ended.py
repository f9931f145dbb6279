"""What was bought on Vinted before StoFlow ended the listing there is counted, although no sync ever saw it."""

import pytest

from stoflow.resources.observed.read import list_orders
from stoflow.testing import VirtualEngine


def test_it_is_gone_everywhere(stoflow_engine: VirtualEngine) -> None:
    seller = stoflow_engine.make_tenant("vinted", "ebay")
    product = seller.make_product()
    for place in ("vinted", "ebay"):
        seller.create_job(place, "publish", product)
    stoflow_engine.run_until_idle()

    seller.sell("vinted", product)
    seller.create_job("vinted", "delete", product)
    stoflow_engine.advance(minutes=1)
    seller.create_job("vinted", "orders")
    stoflow_engine.advance(hours=1)

    (order,) = list_orders(seller.installation, seller.id, "vinted", 10, None).items
    assert [line.product for line in order.lines] == [product]
    assert stoflow_engine.marketplace("ebay").on_sale(seller.id) == []


@pytest.mark.parametrize("later", ["vinted", "ebay"])
def test_the_second_of_two_orders_for_the_only_piece_is_told(stoflow_engine: VirtualEngine, later: str) -> None:
    first = "ebay" if later == "vinted" else "vinted"
    seller = stoflow_engine.make_tenant("vinted", "ebay")
    product = seller.make_product()
    for place in (first, later):
        seller.create_job(place, "publish", product)
    stoflow_engine.run_until_idle()

    for place in (first, later):
        seller.sell(place, product)
        stoflow_engine.advance(minutes=2)
    for place in (first, later):
        seller.create_job(place, "orders")
        stoflow_engine.advance(hours=1)

    marked = {place: list_orders(seller.installation, seller.id, place, 10, None).items for place in (first, later)}
    assert [order.shares_with != () for order in marked[first]] == [False]
    assert [[other.marketplace for other in order.shares_with] for order in marked[later]] == [[first]]
