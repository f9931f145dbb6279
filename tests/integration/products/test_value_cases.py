"""Prices, quantities and words of files as sellers wrote them: what is taken in is what they say."""

import os
from pathlib import Path

import pytest

from stoflow.domain.product import NewProduct
from stoflow.resources.products.file import ReadProduct, read_products
from stoflow.resources.products.files.rows import RejectedRow

CASES = Path(os.environ.get("STOFLOW_SHARED", Path(__file__).parents[4] / "shared")) / "cases"


def read(name: str) -> tuple[list[NewProduct], list[RejectedRow]]:
    file = CASES / name
    if not file.exists():
        pytest.skip(f"{name} lies in the folder STOFLOW_SHARED names, which is not here")
    items = list(read_products(file, mapping={}))
    products = [item.product for item in items if isinstance(item, ReadProduct)]
    return products, [item for item in items if isinstance(item, RejectedRow)]


def test_the_prices_of_a_german_file():
    products, rejected = read("05-price-dot-thousands/prices.csv")
    assert [f"{product.price} {product.currency}" for product in products] == [
        "12.50 EUR",
        "1299.00 EUR",
        "1299.00 EUR",
        "1299.00 EUR",
        "1299.00 EUR",
        "1299.00 CHF",
        "1299.00 EUR",
        "12.00 EUR",
    ]
    assert not rejected


def test_a_description_that_is_html():
    (product,), _ = read("07-html-description/products.csv")
    assert product.description == "Soft & light.\nMade in Lyon.\n\n- Length 180 cm"


def test_words_with_entities():
    (product,), _ = read("07-html-description/entities.csv")
    assert (product.title, product.description, product.brand) == ("Jupe & top 'été'", "Coton & lin", "Dolce & Gabbana")


def test_accents_written_as_two_signs():
    assert read("13-etsy-decomposed-accents/decomposed.csv") == read("13-etsy-decomposed-accents/composed.csv")


def test_quantities_of_none_and_keys_with_noughts():
    products, rejected = read("23-quantity-zero/products.csv")
    assert [(product.sku, product.quantity) for product in products] == [("0017", 0), ("90.750", 0), ("0020", 2)]
    assert [(row.line, row.field) for row in rejected] == [(4, "quantity")]
