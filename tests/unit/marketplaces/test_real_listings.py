"""Other people's real listings pass validation and mapping: at least four in five on each marketplace."""

import dataclasses
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from stoflow.catalogue.products import ReadProduct, read_products
from stoflow.domain.outcome import Done, Refused
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.registry import build_registry
from tests.unit.marketplaces.conftest import MakeAttempt

SHARED = Path(os.environ.get("STOFLOW_SHARED", Path(__file__).parents[4] / "shared")) / "data"
FILES: Mapping[str, str | None] = {"vinted_wardrobes.csv": "ID", "grailed_sold_a.csv": None}
RATES = {"exchange_rates": {"USD": "0.92"}}
SHARE_READY = 0.8
FIELDS = {field.name for field in dataclasses.fields(Product)}


def products(name: str) -> list[Product]:
    """Return the file's products, each photo standing for one we have."""
    if not (SHARED / name).is_file():
        pytest.skip(f"{name} lies in the folder STOFLOW_SHARED names, which is not here.")
    found = [
        row.product
        for row in read_products(SHARED / name, mapping={}, group_by=FILES[name])
        if isinstance(row, ReadProduct)
    ]
    return [
        Product(
            id=number,
            **{key: getattr(new, key) for key in FIELDS - {"id", "images"}},
            images=tuple(ProductImage(image.position, "1.jpg") for image in new.images),
        )
        for number, new in enumerate(found, start=1)
    ]


@pytest.mark.parametrize("marketplace", ["vinted", "ebay", "etsy"])
@pytest.mark.parametrize("name", FILES)
def test_most_real_listings_are_ready(make_attempt: MakeAttempt, name: str, marketplace: str) -> None:
    handler = build_registry(entry_points=False).handler(marketplace, "publish")
    listings, refused = products(name), Counter[str]()
    for product in listings:
        attempt = make_attempt(marketplace, product=product, settings=RATES)
        outcome = handler.step("validate").do(attempt)
        if isinstance(outcome, Refused):
            assert outcome.errors
            assert all(error.field and error.message for error in outcome.errors)
            refused[", ".join(sorted({error.field for error in outcome.errors}))] += 1
        else:
            assert isinstance(handler.step("map").do(attempt), Done)
    ready = 1 - refused.total() / len(listings)
    assert ready >= SHARE_READY, f"{ready:.0%} of {name} are ready for {marketplace}: {refused}"
