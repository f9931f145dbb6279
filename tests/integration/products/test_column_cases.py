"""Exports that sellers reported elsewhere, read as they are."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.resources.products.file import ReadProduct, read_products
from stoflow.resources.products.files.rows import RejectedRow
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.media import MediaFolder
from stoflow.resources.products.photo_source import PhotoSource
from stoflow.resources.products.store import Products
from stoflow.storage.database.session import Database
from stoflow.storage.products.snapshots import list_products

CASES = Path(os.environ.get("STOFLOW_SHARED", Path(__file__).parents[4] / "shared")) / "cases"
EXPORTS = Path(__file__).parents[2] / "unit" / "products" / "exports"


def read(name: str, mapping: dict[str, str] | None = None) -> tuple[list[NewProduct], list[RejectedRow]]:
    if not (CASES / name).exists():
        pytest.skip(f"{name} lies in the folder STOFLOW_SHARED names, which is not here")
    items = list(read_products(CASES / name, mapping=mapping or {}))
    products = [item.product for item in items if isinstance(item, ReadProduct)]
    return products, [item for item in items if isinstance(item, RejectedRow)]


def photos(product: NewProduct) -> list[str]:
    return [image.path.rpartition("/")[2] for image in product.images]


def test_a_shops_sale_price_goes_before_its_regular_one_and_its_type_is_no_category():
    products, rejected = read("01-woocommerce-export/wc-product-export.csv")
    found = [(each.sku, str(each.price), each.category, each.size, each.quantity) for each in products]
    assert found == [
        ("RB-01", "45.00", "Women > Dresses", "M", 1),
        ("RB-02", "29.90", "Men > Jeans", "W32 L34", 2),
        ("RB-03-S", "25.00", "Women > Tops > Shirts", "S", 1),
    ]
    assert [photos(each) for each in products] == [["a1.jpg"], ["b1.jpg", "b2.jpg"], ["c1.jpg"]]
    assert [(row.line, row.value) for row in rejected] == [(6, "M")]


def test_rows_of_one_handle_are_one_product():
    products, rejected = read("02-shopify-export/products_export.csv")
    assert [(each.sku, each.external_id, each.brand, each.size) for each in products] == [
        ("WC-S", "wool-coat", "Aubin", "S"),
        ("RS-1", "red-scarf", "Aubin", ""),
    ]
    assert photos(products[0]) == ["wc1.jpg", "wc2.jpg", "wc3.jpg"]
    assert [(row.line, row.value) for row in rejected] == [(3, "M")]


def test_numbered_photos_are_all_taken():
    products, rejected = read("03-etsy-csv-numbered-images/EtsyListingsDownload.csv")
    assert [(photos(each), each.currency, each.sku) for each in products] == [
        (["img_a.jpg", "img_b.jpg", "img_c.jpg"], "EUR", "ETS-1")
    ]
    assert not rejected


@pytest.mark.parametrize(
    ("file", "sku", "currency", "condition", "count"),
    [
        ("active-listings-report.csv", "FX-3", "GBP", 6, 0),
        ("classic.csv", "FX-2", "USD", 6, 2),
        ("file_exchange.csv", "FX-1", "USD", 6, 2),
    ],
)
def test_ebays_own_files_are_read_with_its_own_categories(
    file: str, sku: str, currency: str, condition: int, count: int
):
    (product,), rejected = read(f"04-ebay-file-exchange/{file}")
    assert (product.sku, product.currency, product.condition, len(product.images)) == (sku, currency, condition, count)
    assert product.category == "women/dresses"
    assert not rejected


@pytest.mark.parametrize("file", ["same-name.csv", "numbered.csv", "three-names.csv"])
def test_photos_in_several_columns_are_gathered_in_order(file: str):
    (product,), _ = read(f"28-same-header-twice/{file}")
    assert photos(product) == ["a.jpg", "b.jpg", "c.png"]


@pytest.mark.parametrize("file", ["kleider.csv", "kleider-en.csv"])
def test_german_columns_are_read(file: str):
    (product,), _ = read(f"30-german-size-column/{file}")
    assert (product.size, product.brand, product.condition, product.colors) == ("38", "Esprit", 8, ("weiß",))


def _without_photos(item: ReadProduct | RejectedRow) -> ReadProduct | RejectedRow:
    """Return the product without its photos, which are at addresses nobody serves."""
    return replace(item, product=replace(item.product, images=())) if isinstance(item, ReadProduct) else item


@pytest.mark.parametrize("file", sorted(path.name for path in EXPORTS.glob("*.csv")))
def test_an_export_taken_in_twice_doubles_nothing(
    database: Database, tmp_path: Path, tenants: Callable[[], TenantId], file: str
):
    tenant = tenants()
    source = PhotoSource(tmp_path, MediaFolder(tmp_path / "media"))
    for _ in range(2):
        items = (_without_photos(item) for item in read_products(EXPORTS / file, mapping={}))
        import_products(Products(database).put, [tenant], items, photos=source)
    with database.tenant(tenant) as session:
        stored = list_products(session, limit=100)
    assert len(stored) == 12
