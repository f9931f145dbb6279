"""Rows of one product are gathered, and what a product here cannot hold is named by line."""

from pathlib import Path

import pytest

from stoflow.domain.outcome import FieldError
from stoflow.domain.product import NewProduct, Product
from stoflow.marketplaces.vocabulary.categories import resolve_category
from stoflow.resources.products.file import ReadProduct, read_products
from stoflow.resources.products.files.rows import RejectedRow

SHOPIFY = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Image Src,Image Position\n"
WOO = "ID,Type,SKU,Name,In stock?,Stock,Sale price,Regular price,Categories,Images,Parent,Attribute 1 name,Attribute 1 value(s)\n"
TEMPLATE = "*Action(SiteID=DE|Country=DE|Currency=EUR|Version=1193),CustomLabel,*Category,*Title,Relationship,RelationshipDetails,*StartPrice,*Quantity,PicURL,*Format\n"


def read(path: Path, text: str, group_by: str | None = None) -> tuple[list[NewProduct], list[RejectedRow]]:
    path.write_text(text, "utf-8")
    items = list(read_products(path, mapping={}, group_by=group_by))
    products = [item.product for item in items if isinstance(item, ReadProduct)]
    return products, [item for item in items if isinstance(item, RejectedRow)]


def test_rows_of_one_handle_are_one_product_and_its_other_sizes_are_named(tmp_path: Path):
    text = SHOPIFY + (
        "coat,Coat,Size,S,C-S,shopify,1,120.00,2.jpg,2\n"
        "coat,,,M,C-M,shopify,2,120.00,1.jpg,1\n"
        "scarf,Scarf,Title,Default Title,S-1,shopify,1,18.50,s.jpg,1\n"
        "coat,,,,,,,,3.jpg,3\n"
    )
    products, rejected = read(tmp_path / "a.csv", text)
    assert [(product.sku, product.external_id, product.size, product.quantity) for product in products] == [
        ("C-S", "coat", "S", 1),
        ("S-1", "scarf", "", 1),
    ]
    assert [image.path for image in products[0].images] == ["1.jpg", "2.jpg", "3.jpg"]
    assert [(row.line, row.field, row.column, row.value) for row in rejected] == [(3, "size", "Option1 Value", "M")]
    assert "“Coat” (size M, sku C-M, price 120.00, quantity 2)" in rejected[0].reason


def test_the_variant_in_stock_is_taken_with_its_own_key(tmp_path: Path):
    text = SHOPIFY + "coat,Coat,Size,S,C-S,shopify,0,120.00,1.jpg,1\ncoat,,,M,,shopify,2,99.00,,\n"
    products, rejected = read(tmp_path / "a.csv", text)
    assert [(each.sku, each.size, each.quantity, str(each.price)) for each in products] == [("", "M", 2, "99.00")]
    assert [(row.line, row.value) for row in rejected] == [(2, "S")]


def test_stock_below_nothing_is_nothing(tmp_path: Path):
    products, _ = read(tmp_path / "a.csv", SHOPIFY + "coat,Coat,Size,S,C-S,shopify,-1,120.00,1.jpg,1\n")
    assert products[0].quantity == 0


def test_variations_belong_to_their_parent_by_sku_or_by_id(tmp_path: Path):
    text = WOO + (
        '1,variable,P,Shirt,1,,,,Women > Shirts,p.jpg,,Size,"S, M"\n'
        "2,variation,P-S,Shirt - S,0,0,,25.00,,s.jpg,P,Size,S\n"
        "3,variation,P-M,Shirt - M,1,3,20.00,25.00,,,P,Size,M\n"
        "4,variation,,Jeans - W32,1,1,,30.00,,,id:5,Size,W32\n"
        "5,variable,,Jeans,1,,,,Men > Jeans,j.jpg,,Size,W32\n"
    )
    products, rejected = read(tmp_path / "a.csv", text)
    found = [(each.title, each.sku, each.external_id, each.size, str(each.price), each.quantity) for each in products]
    assert found == [("Shirt", "P-M", "1", "M", "20.00", 3), ("Jeans", "", "5", "W32", "30.00", 1)]
    assert [image.path for image in products[0].images] == ["p.jpg", "s.jpg"]
    assert [(row.line, row.value) for row in rejected] == [(3, "S")]


@pytest.mark.parametrize("kind", ["grouped", "external", "external, virtual"])
def test_what_is_no_product_of_the_sellers_is_named(tmp_path: Path, kind: str):
    products, rejected = read(tmp_path / "a.csv", WOO + f'1,"{kind}",P,Set,1,1,,5.00,Women > Shirts,p.jpg,,,\n')
    assert (products, [row.line for row in rejected]) == ([], [2])
    assert f"“{kind.partition(',')[0]}”" in rejected[0].reason


def test_a_variable_product_without_variations_is_refused_for_its_price(tmp_path: Path):
    _, rejected = read(tmp_path / "a.csv", WOO + '1,variable,P,Shirt,1,,,,Women > Shirts,p.jpg,,Size,"S, M"\n')
    assert [(row.line, row.field) for row in rejected] == [(2, "price")]


def test_a_templates_variations_follow_their_listing(tmp_path: Path):
    text = TEMPLATE + (
        "Add,P-1,63861,Kleid,,Size=S;M,,,p.jpg,FixedPrice\n"
        ",P-1-S,,,Variation,Size=S|Color=Rot,20.00,1,,\n"
        ",P-1-M,,,Variation,Size=M|Color=Rot,20.00,1,,\n"
        "Add,P-2,63861,Rock,,,15.00,1,r.jpg,FixedPrice\n"
    )
    products, rejected = read(tmp_path / "a.csv", text)
    assert [(each.title, each.sku, each.size, each.colors) for each in products] == [
        ("Kleid", "P-1-S", "S", ("Rot",)),
        ("Rock", "P-2", "", ()),
    ]
    assert [(row.line, row.value) for row in rejected] == [(4, "M")]


def test_a_row_that_leaves_the_choice_to_the_buyer_is_named(tmp_path: Path):
    header = "TITLE,PRICE,CURRENCY_CODE,QUANTITY,TAGS,MATERIALS,IMAGE1,VARIATION 1 TYPE,VARIATION 1 NAME,VARIATION 1 VALUES,SKU\n"
    text = f'{header}Poster,16.00,USD,5,a,b,1.jpg,Size,Size,"A4,A3",P-1\nVase,20.00,USD,1,a,b,2.jpg,Size,Size,A4,P-2\n'
    products, rejected = read(tmp_path / "a.csv", text)
    assert [(each.title, each.size) for each in products] == [("Vase", "A4")]
    assert [(row.line, row.field) for row in rejected] == [(2, "size")]
    assert "Size: A4,A3" in rejected[0].reason


def test_a_column_asked_for_goes_before_the_tools_own(tmp_path: Path):
    text = SHOPIFY + "a,Coat,Size,S,C-1,shopify,1,9.00,1.jpg,1\nb,Coat,Size,S,C-1,shopify,1,9.00,2.jpg,2\n"
    products, _ = read(tmp_path / "a.csv", text, group_by="Variant SKU")
    assert [[image.path for image in each.images] for each in products] == [["1.jpg", "2.jpg"]]


def test_what_is_sold_has_nothing_left(tmp_path: Path):
    text = "title,price,status\na,5,Sold\nb,5,active\nc,5,verkauft\n"
    assert [each.quantity for each in read(tmp_path / "a.csv", text)[0]] == [0, 1, 0]


@pytest.mark.parametrize(
    ("header", "cell", "category"),
    [
        ("eBay category", "63861", "women/dresses"),
        ("vinted_catalog_id", "1056", "1056"),
        ("etsy taxonomy id", "505", "women/dresses"),
        ("category", "women/dresses", "women/dresses"),
        ("category", '"Sale, Women > Dresses"', "Women > Dresses"),
        ("category", '"Women, Dresses"', "Women, Dresses"),
        ("category", '"Clothing, Shoes & Accessories > Women > Dresses"', "Shoes & Accessories > Women > Dresses"),
        ("category", "63861", "unknown:63861"),
        ("eBay category id", "1", "ebay:1"),
    ],
)
def test_a_number_is_looked_up_in_its_own_marketplaces_tree(tmp_path: Path, header: str, cell: str, category: str):
    products, _ = read(tmp_path / "a.csv", f"title,price,{header}\nNice one,5,{cell}\n")
    assert [each.category for each in products] == [category]


@pytest.mark.parametrize(
    ("category", "said"),
    [("unknown:63861", "nothing says of which"), ("ebay:1", "eBay's category 1"), ("etsy:7", "Etsy's category 7")],
)
def test_a_number_that_nobody_knows_is_said_to_be_one(category: str, said: str):
    found = resolve_category(Product(id=1, title="Midi dress women", description="", price=None, category=category))
    assert isinstance(found, FieldError)
    assert said in found.message


@pytest.mark.parametrize(
    ("category", "title", "gender", "name"),
    [
        ("ebay:63862", "Trench coat", "", "women/coats"),
        ("ebay:63862", "Bomber", "", "women/jackets"),
        ("etsy:1231", "Silver ring", "women", "women/rings"),
        ("vinted:1056", "Dress", "", "women/dresses"),
    ],
)
def test_a_branch_leaves_the_kind_to_the_title(category: str, title: str, gender: str, name: str):
    product = Product(id=1, title=title, description="", price=None, category=category, gender=gender)
    found = resolve_category(product)
    assert not isinstance(found, FieldError)
    assert found.name == name


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("Damen > Kleider", "women/dresses"),
        ("Herren > Hosen", "men/trousers"),
        ("Donna > Vestiti", "women/dresses"),
        ("Uomo > Giacche", "men/jackets"),
        ("Mujer > Faldas", "women/skirts"),
        ("Kobiety > Sukienki", "women/dresses"),
        ("Męskie > Kurtki", "men/jackets"),
        ("Heren > Broeken", "men/trousers"),
    ],
)
def test_categories_are_read_in_seven_languages(category: str, name: str):
    found = resolve_category(Product(id=1, title="x", description="", price=None, category=category))
    assert not isinstance(found, FieldError)
    assert found.name == name


@pytest.mark.parametrize("title", ["Donna Karan coat", "Nina Ricci coat", "Rock band coat", "Pizza Hut coat"])
def test_names_in_a_title_are_no_words_of_another_language(title: str):
    found = resolve_category(Product(id=1, title=title, description="", price=None, gender="men"))
    assert not isinstance(found, FieldError)
    assert found.name == "men/coats"
