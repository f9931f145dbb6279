"""Real listings of real people go in by options alone."""

import os
from pathlib import Path

import pytest

from stoflow.resources.products.file import ReadProduct, read_products

SHARED = Path(os.environ.get("STOFLOW_SHARED", Path(__file__).parents[4] / "shared")) / "data"


@pytest.mark.parametrize(
    ("name", "group_by", "listings", "conditions", "currency"),
    [
        ("vinted_wardrobes.csv", "ID", 879, {4, 6, 8, 9, 10}, "EUR"),
        ("vinted_wardrobes.csv", None, 879, {4, 6, 8, 9, 10}, "EUR"),
        ("grailed_sold_a.csv", None, 199, {4, 6, 8, 10}, "USD"),
    ],
)
def test_at_least_nineteen_of_twenty_listings_are_read(
    name: str, group_by: str | None, listings: int, conditions: set[int], currency: str
):
    if not (SHARED / name).exists():
        pytest.skip(f"{name} lies in the folder STOFLOW_SHARED names, which is not here")
    items = [
        item for item in read_products(SHARED / name, mapping={}, group_by=group_by) if isinstance(item, ReadProduct)
    ]
    products = [item.product for item in items]
    assert listings * 0.95 <= len(products) <= listings
    assert {product.condition for product in products} == conditions
    assert {product.currency for product in products} == {currency}
    assert all(product.category and product.images and product.external_id for product in products)
    assert not any("\ufffd" in product.description for product in products)
