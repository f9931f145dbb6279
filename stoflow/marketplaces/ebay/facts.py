"""What a product says of itself, in the language of an eBay site: one fact for each question eBay is known to ask."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from stoflow.domain.product import Product
from stoflow.marketplaces.ebay.sites import PACKAGE
from stoflow.marketplaces.vocabulary.brands import names_a_brand
from stoflow.marketplaces.vocabulary.categories import Category
from stoflow.marketplaces.vocabulary.colours import color_label, color_of, colors_of, family_of
from stoflow.marketplaces.vocabulary.kinds import kind_label
from stoflow.marketplaces.vocabulary.sizes import shoe_size, size_of
from stoflow.marketplaces.vocabulary.tables import read_table, words_in
from stoflow.marketplaces.vocabulary.terms import label_of, name_of
from stoflow.marketplaces.vocabulary.wording import one_line, plain

UNBRANDED = "Unbranded"
"""eBay's own value for an article without a brand; second-hand words that name no brand mean the same."""
FIELDS: Mapping[str, str] = {
    "brand": "brand",
    "color": "colors",
    "size": "size",
    "shoe_size": "size",
    "material": "materials",
    "outer_material": "materials",
    "season": "season",
    "fit": "fit",
}
"""The product's field behind a fact, where there is one."""
SAID_UNASKED = ("brand", "department", "type", "color", "size", "shoe_size")
"""Facts that buyers look for everywhere; the others are said only where eBay asks."""
FACTS = (*SAID_UNASKED, "size_type", "material", "outer_material", "season", "fit")

Site = Mapping[str, str]


def facts_of(product: Product, category: Category, site: Site) -> Mapping[str, tuple[str, ...]]:
    """Return each fact the product says, in the ways to say it, best first."""
    language = site["language"]
    materials = tuple(_label("materials", word, language) for word in product.materials)
    found = {
        "brand": (one_line(product.brand) if names_a_brand(product.brand) else UNBRANDED,),
        "department": (site[category.audience],),
        "type": (kind_label(category.kind, language),),
        "color": _colors(product, language),
        "material": materials,
        "outer_material": materials,
        "season": (_label("seasons", product.season, language),),
        "fit": (_label("fits", product.fit, language),),
        **_sizes(product, category, site),
    }
    said = {fact: tuple(filter(None, ways)) for fact, ways in found.items()}
    return {fact: ways for fact, ways in said.items() if ways}


def meaning_of(fact: str, value: str) -> str:
    """Return what makes two ways to say a fact the same: "Gray" is "grey", "2XL" is "XXL"."""
    return MEANINGS.get(fact, plain)(value) or plain(value)


def _colors(product: Product, language: str) -> tuple[str, ...]:
    """Return the first colour, and the wider one it belongs to for a site that knows fewer."""
    first = next(iter(colors_of(product)), None)
    if first is None:
        return ()
    return tuple(dict.fromkeys((color_label(first, language), color_label(family_of(first), language))))


def _sizes(product: Product, category: Category, site: Site) -> Mapping[str, tuple[str, ...]]:
    size = size_of(product.size)
    if size is None:
        return {}
    if category.section != "shoes":
        ways = tuple(dict.fromkeys((size.label, *size.parts)))
        return {"size": ways, "size_type": _size_type(ways)}
    charted = shoe_size(size, category.audience)
    return {"shoe_size": (charted.number(site["shoe_system"]) if charted else size.label,)}


def _size_type(ways: Sequence[str]) -> tuple[str, ...]:
    return tuple(filter(None, (_size_types().get(_size(way)) for way in ways)))[:1]


def _label(table: str, word: str, language: str) -> str:
    name = name_of(table, word)
    return label_of(table, name, language) if name else one_line(word)


def _size(value: str) -> str:
    size = size_of(value)
    return plain(size.label) if size else ""


def _brand(value: str) -> str:
    return plain(value) if names_a_brand(value) else plain(UNBRANDED)


MEANINGS: Mapping[str, Callable[[str], str | None]] = {
    "brand": _brand,
    "color": color_of,
    "size": _size,
    "material": lambda value: name_of("materials", value),
    "outer_material": lambda value: name_of("materials", value),
    "season": lambda value: name_of("seasons", value),
    "fit": lambda value: name_of("fits", value),
}


@cache
def _size_types() -> Mapping[str, str]:
    return {
        _size(size): row["size_type"] for row in read_table(PACKAGE, "size_types") for size in words_in(row["sizes"])
    }
