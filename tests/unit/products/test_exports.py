"""Twelve products in the export of each tool that sellers use are read as they are, without a word about columns."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from stoflow.domain.product import NewProduct
from stoflow.resources.products.fields.settling import settle
from stoflow.resources.products.file import ReadProduct, read_products
from stoflow.resources.products.files.rows import column_names

EXPORTS = Path(__file__).parent / "exports"
SKUS = [f"A-{number:02}" for number in range(1, 13)]
SIZES = ["M", "W32 L34", "38", "42", "One size", "One size", "L", "S", "M", "30", "S", "XL"]
BRANDS = [
    *("Max Mara", "Levi's", "Sézane", "Adidas", "Hermès", "Furla", "Massimo Dutti", "Żabka Studio", "Goosecraft"),
    *("Aigle", "Cos", "Giant"),
]
NOTES = [8, 6, 9, 8, 8, 6, 6, 4, 6, 6, 8, 4]
QUANTITIES = [1, 2, 1, 1, 3, 1, 0, 1, 1, 4, 1, 1]
PRICES = ["120.00", "89.90", "35.00", "55.00", "45.50", "60.00", "22.00", "28.00", "95.00", "12.00", "18.00", "70.00"]
PHOTOS = [3, 1, 4, 2, 1, 2, 1, 3, 10, 1, 2, 5]
NONE = [""] * 12


@dataclass(frozen=True)
class Export:
    """What a tool's file says of the twelve; what it has no column for is empty."""

    tool: str
    file: str
    currency: str = "EUR"
    currency_assumed: bool = False
    skus: tuple[str, ...] = tuple(SKUS)
    references: tuple[str, ...] = tuple(NONE)
    quantities: tuple[int, ...] = tuple(QUANTITIES)
    conditions: tuple[int | None, ...] = tuple(NOTES)
    sizes: tuple[str, ...] = tuple(SIZES)
    brands: tuple[str, ...] = tuple(BRANDS)
    photos: tuple[int, ...] = tuple(PHOTOS)
    prices: tuple[str, ...] = tuple(PRICES)


HANDLES = tuple(f"item-{number}" for number in range(1, 13))
LISTINGS = tuple(f"1100000000{number:02}" for number in range(12))
ITEMS = tuple(str(841147000 + number) for number in range(12))
WORDS_ONLY: tuple[int | None, ...] = (None,) * 12

EXPORTED = [
    Export("Shopify", "shopify", currency_assumed=True, references=HANDLES, conditions=(6,) * 12),
    Export(
        "Shopify",
        "shopify_new",
        currency_assumed=True,
        references=HANDLES,
        conditions=WORDS_ONLY,
        quantities=(*QUANTITIES[:4], 1, *QUANTITIES[5:]),  # nobody counts the fifth
    ),
    Export(
        "WooCommerce",
        "woocommerce",
        currency_assumed=True,
        references=tuple(str(number) for number in range(200, 212)),
    ),
    Export(
        "WooCommerce",
        "woocommerce_de",
        currency_assumed=True,
        references=tuple(str(number) for number in range(300, 312)),
    ),
    Export(
        "eBay Seller Hub report",
        "ebay_active",
        currency="GBP",
        references=LISTINGS,
        sizes=tuple(NONE),
        brands=tuple(NONE),
        photos=(0,) * 12,
    ),
    Export("eBay template", "ebay_file_exchange", currency="USD"),
    Export(
        "Etsy",
        "etsy",
        conditions=WORDS_ONLY,
        sizes=(*SIZES[:6], *NONE[6:]),
        brands=tuple(NONE),
    ),
    Export(
        "Depop",
        "depop",
        currency_assumed=True,
        quantities=(1,) * 12,
        brands=(*BRANDS[:11], "unbranded"),
        photos=tuple(min(count, 8) for count in PHOTOS),
    ),
    Export(
        "Poshmark",
        "poshmark",
        currency_assumed=True,
        conditions=tuple(9 if note == 8 else note for note in NOTES),  # Poshmark has "like new" for both
    ),
    Export("Vendoo", "vendoo", currency_assumed=True, sizes=tuple(NONE)),
    Export("Vinted", "vinted", skus=tuple(NONE), references=ITEMS, quantities=(1,) * 12),
]


def read(name: str) -> list[ReadProduct]:
    items = list(read_products(EXPORTS / f"{name}.csv", mapping={}))
    assert [item for item in items if not isinstance(item, ReadProduct)] == []
    return [item for item in items if isinstance(item, ReadProduct)]


@pytest.mark.parametrize("export", EXPORTED, ids=lambda export: export.file)
def test_the_tool_is_recognised_by_its_columns(export: Export):
    path = EXPORTS / f"{export.file}.csv"
    assert settle(column_names(path), {}).profile == export.tool


@pytest.mark.parametrize("export", EXPORTED, ids=lambda export: export.file)
def test_what_the_seller_wrote_is_kept(export: Export):
    items = read(export.file)
    products = [item.product for item in items]
    assert [product.sku for product in products] == list(export.skus)
    assert [product.external_id for product in products] == list(export.references)
    assert [product.quantity for product in products] == list(export.quantities)
    assert [product.condition for product in products] == list(export.conditions)
    assert [product.size for product in products] == list(export.sizes)
    assert [product.brand for product in products] == list(export.brands)
    assert [str(product.price) for product in products] == list(export.prices)
    assert {(item.product.currency, item.currency_assumed) for item in items} == {
        (export.currency, export.currency_assumed)
    }


@pytest.mark.parametrize("export", EXPORTED, ids=lambda export: export.file)
def test_photos_are_kept_in_order(export: Export):
    for sku, count, item in zip(SKUS, export.photos, read(export.file), strict=True):
        expected = [f"https://cdn.example/{sku.lower()}-{number}.jpg" for number in range(1, count + 1)]
        assert [image.path for image in item.product.images] == expected


@pytest.mark.parametrize("export", EXPORTED, ids=lambda export: export.file)
def test_a_file_read_twice_has_the_same_keys(export: Export):
    keys = [(item.product.sku, item.product.external_id) for item in read(export.file)]
    assert keys == [(item.product.sku, item.product.external_id) for item in read(export.file)]
    assert len(set(keys)) == 12


@pytest.mark.parametrize(
    ("file", "categories"),
    [
        ("shopify", ["Women's Coats", "Men's Jeans", "Women's Dresses"]),
        ("woocommerce", ["Women > Coats", "Men > Jeans", "Women > Dresses"]),
        ("woocommerce_de", ["Damen > Mäntel", "Herren > Jeans", "Damen > Kleider"]),
        ("ebay_active", ["women/coats", "men/jeans", "women/dresses"]),
        ("ebay_file_exchange", ["women/coats", "men/jeans", "women/dresses"]),
        ("depop", ["Women >> Coats", "Men >> Jeans", "Women >> Dresses"]),
        ("poshmark", ["Women > Coats", "Men > Jeans", "Women > Dresses"]),
        ("vinted", ["2524", "257", "1056"]),
    ],
)
def test_the_category_is_the_one_that_says_most(file: str, categories: list[str]):
    assert [item.product.category for item in read(file)[:3]] == categories


def test_a_title_is_the_first_line_where_a_tool_has_none():
    titles = [item.product.title for item in read("depop")]
    assert titles[:3] == ["Wool coat, camel", 'Levi\'s 501 "Big E"', "Robe d'été fleurie"]
    product: NewProduct = read("depop")[11].product
    assert product.description.startswith("Band tee, 1996 tour\n\nSingle stitch")
