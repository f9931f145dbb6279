"""Untidy words become StoFlow's own: categories, sizes, colours, grades."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product
from stoflow.marketplaces.ebay import sites
from stoflow.marketplaces.etsy import labels
from stoflow.marketplaces.vinted import tables
from stoflow.marketplaces.vinted.tables import brand_id, size_id
from stoflow.marketplaces.vocabulary.categories import Category, category_names, resolve_category
from stoflow.marketplaces.vocabulary.colours import color_label, color_of, colors_of
from stoflow.marketplaces.vocabulary.conditions import Grade, grade_of
from stoflow.marketplaces.vocabulary.kinds import kind_label
from stoflow.marketplaces.vocabulary.leaves import leaf_of
from stoflow.marketplaces.vocabulary.sizes import shoe_size, size_of


def a_product(**fields: Any) -> Product:
    return replace(Product(id=1, title="", description="", price=Decimal(1)), **fields)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"category": "women/dresses"}, "women/dresses"),
        ({"category": "1056"}, "women/dresses"),
        ({"category": "1809"}, "men/polos"),
        ({"category": "18", "title": "Orange Sweater Vest"}, "women/waistcoats"),
        ({"category": "tops.short_sleeve_shirts", "gender": "men"}, "men/t-shirts"),
        ({"category": "womens_bags_luggage.shoulder_bags", "gender": "women"}, "women/shoulder-bags"),
        ({"category": "footwear.lowtop_sneakers", "gender": "menswear"}, "men/trainers"),
        ({"category": "accessories.socks_underwear", "gender": "men", "title": "Logo socks"}, "men/socks"),
        ({"category": "Women > Clothing > Dresses > Midi-dresses"}, "women/dresses"),
        ({"category": "Vêtements / Robes", "gender": "femme"}, "women/dresses"),
        ({"category": "Dames - Jurken"}, "women/dresses"),
        ({"category": "heren truien"}, "men/knitwear"),
        ({"category": "", "title": "Spijkerbroek heren maat 32"}, "men/jeans"),
        ({"category": "", "title": "Chemise en lin", "gender": "homme"}, "men/shirts"),
        ({"category": "bottoms", "gender": "men", "title": "Baggy jeans"}, "men/jeans"),
        ({"category": "bottoms", "gender": "men", "title": "Comfy thing"}, "men/trousers"),
        ({"category": "shirt dress", "gender": "women"}, "women/dresses"),
        ({"category": "jackets", "gender": "unisex"}, "men/jackets"),
        ({"category": "dress", "gender": "unisex"}, "women/dresses"),
        ({"category": "cufflinks"}, "men/cufflinks"),
        ({"category": "Boys' Shirts"}, "boys/shirts"),
        ({"category": "sneakers", "gender": "girls"}, "girls/shoes"),
        ({"category": "sneakers", "gender": "unisex kids"}, "girls/shoes"),
        ({"category": "8", "title": "Twin set"}, "women/suits"),
        ({"category": "85", "title": "Wool socks"}, "men/socks"),
    ],
)
def test_a_category_is_read_from_whatever_names_it(fields: dict[str, Any], name: str) -> None:
    category = resolve_category(a_product(**fields))
    assert isinstance(category, Category)
    assert category.name == name


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"category": "948", "title": "Crème de jour"}, "category", "948"),
        (
            {"category": "accessories.supreme", "title": "Sticker lot", "gender": "men"},
            "category",
            "accessories.supreme",
        ),
        ({"category": "", "title": "Something nice", "gender": "women"}, "category", "Something nice"),
        ({"category": "jackets", "title": "Leather jacket"}, "gender", "Leather jacket"),
        ({"category": "ties", "title": "Silk tie", "gender": "girls"}, "category", "girls"),
    ],
)
def test_what_cannot_be_placed_says_which_field_is_missing(fields: dict[str, Any], field: str, words: str) -> None:
    refused = resolve_category(a_product(**fields))
    assert isinstance(refused, FieldError)
    assert refused.field == field
    assert words in refused.message


def test_a_vinted_leaf_is_kept_for_vinted_and_a_branch_is_not() -> None:
    leaf, branch = (resolve_category(a_product(category=number)) for number in ("1056", "10"))
    assert (leaf, branch) == (Category("women/dresses", "1056"), Category("women/dresses"))


@pytest.mark.parametrize(
    ("catalogue_id", "title", "category"),
    [
        ("1091", "Leren jasje / leather jacket", Category("women/jackets")),  # other coats & jackets
        ("1091", "Trench bleu marine", Category("women/coats")),
        ("1084", "Super zachte jas", Category("women/coats")),  # winter coats: the tree knows better than the word
        ("216", "Chaussures de randonnée", Category("women/flats")),  # other shoes
        ("216", "Baskets blanches", Category("women/trainers")),
        ("1046", "Ankle boots", Category("women/boots")),  # high heels & pumps
        ("1046", "Escarpins noirs", Category("women/heels", "543")),
        ("207", "Sandalias marrones", Category("women/sandals", "2949")),
        ("283", "Striped scarf", Category("men/scarves", "87")),
    ],
)
def test_a_retired_vinted_category_is_recovered_from_the_old_tree_and_the_title(
    catalogue_id: str, title: str, category: Category
) -> None:
    assert resolve_category(a_product(category=catalogue_id, title=title)) == category


@pytest.mark.parametrize(
    ("package", "name", "fields", "leaf"),
    [
        (tables.PACKAGE, "women/jackets", {"title": "Spijkerjas met borduursel"}, "1079"),
        (tables.PACKAGE, "women/skirts", {"title": "Mini skirt"}, "198"),
        (tables.PACKAGE, "women/skirts", {"title": "Skirt"}, ""),
        (tables.PACKAGE, "men/coats", {"title": "Nice one", "category": "outerwear.parkas"}, "1227"),
        (labels.PACKAGE, "men/hoodies", {"title": "Logo crewneck", "category": "tops.sweatshirts_hoodies"}, ""),
        (labels.PACKAGE, "men/hoodies", {"title": "Logo hoodie", "category": "tops.sweatshirts_hoodies"}, "1852"),
        (labels.PACKAGE, "women/earrings", {"title": "Créoles dorées"}, "1212"),
    ],
)
def test_a_finer_category_is_the_one_the_words_name(package: str, name: str, fields: dict[str, Any], leaf: str) -> None:
    assert leaf_of(package, Category(name), a_product(**fields)) == leaf


def test_every_category_has_a_place_on_every_marketplace() -> None:
    names = set(category_names())
    assert names == set(sites.categories()) == set(labels.categories()) == set(tables.categories())
    assert len(names) > 100


def test_every_category_has_a_section_a_label_and_an_audience() -> None:
    for name in category_names():
        category = Category(name)
        assert category.section in {"clothing", "shoes", "bags", "accessories", "jewellery"}
        assert category.audience in {"women", "men", "girls", "boys", "baby"}
        assert kind_label(category.kind, "fr")
        assert kind_label(category.kind, "it") == kind_label(category.kind, "en")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("M / 38 / 10", ("M", "38", "10")),
        ("xl", ("XL",)),
        ("Large", ("L",)),
        ("38 / m", ("M", "38")),
        ("one_size", ("One size",)),
        ("Taille unique", ("One size",)),
        ("36r", ("36r",)),
        ("75B", ("75B",)),
    ],
)
def test_a_size_is_taken_apart_letters_first(text: str, parts: tuple[str, ...]) -> None:
    size = size_of(text)
    assert size is not None
    assert size.parts == parts
    assert size.label == parts[0]


def test_no_words_are_no_size() -> None:
    assert size_of("  ") is None


@pytest.mark.parametrize(
    ("text", "audience", "eu"),
    [
        ("42", "men", "42"),
        ("EU 38", "women", "38"),
        ("38,5", "women", "38.5"),
        ("9", "men", None),
        ("fancy", "men", None),
    ],
)
def test_a_shoe_size_is_european_only_where_the_number_says_so(text: str, audience: str, eu: str | None) -> None:
    size = size_of(text)
    assert size is not None
    found = shoe_size(size, audience)
    assert (found.eu if found else None) == eu


def test_a_shoe_size_names_its_system() -> None:
    size = size_of("US 9")
    assert size is not None
    found = shoe_size(size, "men")
    assert found is not None
    assert found.number("us") == "9"
    assert 41 <= float(found.number("eu")) <= 43


@pytest.mark.parametrize(
    ("text", "category", "expected"),
    [
        ("M / 38 / 10", "women/dresses", 4),
        ("s", "women/dresses", 3),
        ("30", "women/dresses", 1226),
        ("xl", "men/t-shirts", 210),
        ("32", "men/jeans", 1640),
        ("W32 L34", "men/jeans", 1640),
        ("36r", "men/blazers", 1594),
        ("39", "women/boots", 59),
        ("US 9", "men/trainers", 784),
        ("9", "men/trainers", 1625),
        ("16.5 mm", "women/rings", 1208),
        ("75B", "women/bras", 1260),
        ("4 years / 104 cm", "girls/dresses", 623),
        ("104 cm", "girls/dresses", 623),
        ("huge", "men/t-shirts", None),
        ("one size", "women/handbags", None),
    ],
)
def test_a_size_has_vinteds_id_in_its_category(text: str, category: str, expected: int | None) -> None:
    assert size_id(size_of(text), Category(category)) == expected


def test_no_size_has_no_id() -> None:
    assert size_id(None, Category("women/dresses")) is None


def test_a_brand_is_known_whatever_its_letters() -> None:
    assert brand_id("ZARA") == brand_id("zara") == 12
    assert brand_id("Nobody's Own") is None


@pytest.mark.parametrize(
    ("word", "name"),
    [("noir", "Black"), ("Grijs", "Grey"), ("bleu marine", "Navy"), ("heather grey", "Grey"), ("plaid", None)],
)
def test_a_colour_is_known_in_four_languages(word: str, name: str | None) -> None:
    assert color_of(word) == name


def test_colours_come_from_the_title_where_none_is_declared() -> None:
    assert colors_of(a_product(title="Dark green skirt", colors=())) == ("Dark green", "Green")
    assert colors_of(a_product(title="Green skirt", colors=("black/white",))) == ("Black", "White")
    assert colors_of(a_product(title="Gouden eeuw", colors=())) == ()
    assert color_label("Black", "fr") == "Noir"
    assert color_label("Black", "it") == "Black"


@pytest.mark.parametrize(
    ("note", "grade"),
    [
        (10, Grade.NEW_WITH_TAGS),
        (9, Grade.NEW),
        (8, Grade.VERY_GOOD),
        (7, Grade.VERY_GOOD),
        (6, Grade.GOOD),
        (3, Grade.SATISFACTORY),
    ],
)
def test_a_note_has_a_grade(note: int, grade: Grade) -> None:
    assert grade_of(note) is grade


@pytest.mark.parametrize("note", [None, 0, 2])
def test_a_missing_note_and_a_worn_out_thing_have_none(note: int | None) -> None:
    assert grade_of(note) is None
