"""From a seller's untidy category to one of StoFlow's own, such as "women/dresses"."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product
from stoflow.marketplaces.vocabulary.audiences import audiences_of
from stoflow.marketplaces.vocabulary.kinds import kind_in, kind_in_title, names_kind, stand_ins, vague_kind_in
from stoflow.marketplaces.vocabulary.tables import SHARED, read_table, words_in

TREES: Mapping[str, str] = {"vinted": "Vinted", "ebay": "eBay", "etsy": "Etsy"}
"""The marketplaces whose ids of categories are known, by the name before the id: "ebay:63861"."""
OWN_TREE = "vinted"  # a number alone is an id of this tree
UNKNOWN_TREE = "unknown"
TREE_ID = re.compile(r"(?:(?P<tree>[a-z]+):)?(?P<id>\d+)")


@dataclass(frozen=True, slots=True)
class Category:
    """One of StoFlow's categories. `vinted_id` is the seller's own Vinted leaf, where the product named one."""

    name: str
    vinted_id: str = ""

    @property
    def audience(self) -> str:
        """Whom it is for: women, men, girls, boys or baby."""
        return self.name.partition("/")[0]

    @property
    def kind(self) -> str:
        """What it is: dresses, trainers …."""
        return self.name.partition("/")[2]

    @property
    def section(self) -> str:
        """The part of the wardrobe: clothing, shoes, bags, accessories or jewellery."""
        return _rows()[self.name]["section"]

    @property
    def needs_size(self) -> bool:
        """Whether nobody would buy one without knowing its size."""
        return _rows()[self.name]["size_required"] == "1"


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    return {row["category"]: row for row in read_table(SHARED, "categories")}


def category_names() -> tuple[str, ...]:
    """Return every category StoFlow knows."""
    return tuple(_rows())


def resolve_category(product: Product) -> Category | FieldError:
    """Return the product's category, or the one reason why none was found, naming `category` or `gender`.

    Read in this order: one of our names, an id of a marketplace's tree (Vinted's where it says no other), words of the
    category, words of the title.
    """
    text = product.category.strip()
    if text in _rows():
        return Category(text)
    number = TREE_ID.fullmatch(text)
    if number:
        return _in_tree(number["tree"] or OWN_TREE, number["id"], product)
    kind = kind_in(text) or kind_in_title(product.title) or vague_kind_in(text)
    return _in_department(kind, audiences_of(product), product)


def category_of_id(tree: str, number: str, *, title: str, gender: str = "") -> str:
    """Return a product's category for an id of a marketplace's tree: our own name, else what `resolve_category` reads.

    One whose tree is not known is never read as an id of another tree.
    """
    written = f"{tree or UNKNOWN_TREE}:{number}"
    if tree == OWN_TREE:
        return number
    found = resolve_category(_product(written, title=title, gender=gender))
    return written if isinstance(found, FieldError) else found.name


def first_known(texts: Sequence[str], *, title: str, gender: str = "") -> str:
    """Return the first of a seller's categories that says what a thing is and for whom, else what, else the first."""
    if len(texts) == 1:
        return texts[0]
    naming = [text for text in texts if text in _rows() or TREE_ID.fullmatch(text) or kind_in(text)]
    products = (_product(text, title=title, gender=gender) for text in naming)
    known = (each.category for each in products if isinstance(resolve_category(each), Category))
    return next(known, next((text for text in texts if kind_in(text)), texts[0]))


def _product(category: str, *, title: str, gender: str) -> Product:
    return Product(id=0, title=title, description="", price=None, category=category, gender=gender)


def _in_tree(tree: str, number: str, product: Product) -> Category | FieldError:
    """Return what an id of a tree stands for.

    One that is no leaf, or was retired, holds several kinds: then the title chooses among them. One such as "other
    clothing" says only whom it is for, one such as "rings" only what it is.
    """
    if tree not in TREES:
        said = f"{number} is a category of some marketplace, and nothing says of which: name the category in words."
        return FieldError("category", said)
    row = _tree(tree).get(number)
    if row is None:
        return FieldError("category", f"{TREES[tree]}'s category {number} is none of those StoFlow can publish in.")
    audience, _, kind = row["category"].partition("/")
    said = kind_in_title(product.title)
    audiences = (audience,) if audience else audiences_of(product)
    if not kind:
        return _in_department(said or vague_kind_in(product.title), audiences, product)
    if said in words_in(row["kinds"]) and not names_kind(product.title, kind):
        return _in_department(said, audiences, product)
    if not audience:
        return _in_department(kind, audiences, product)
    return Category(row["category"], vinted_id=row.get("leaf_id", ""))


@cache
def _tree(name: str) -> Mapping[str, Mapping[str, str]]:
    return {row["catalog_id"]: row for row in read_table(SHARED, f"{name}_catalogue")}


def _in_department(kind: str, audiences: tuple[str, ...], product: Product) -> Category | FieldError:
    if not kind:
        return FieldError("category", f"No category is known for “{product.category.strip() or product.title}”.")
    for audience in audiences:
        for candidate in (kind, *stand_ins(kind)):
            if f"{audience}/{candidate}" in _rows():
                return Category(f"{audience}/{candidate}")
    only = [name for name in _rows() if name.endswith(f"/{kind}")]
    if len(only) == 1 and not audiences:
        return Category(only[0])
    if audiences:
        return FieldError("category", f"StoFlow has no category for {kind} in the {audiences[0]} department.")
    return FieldError("gender", f"Say whether “{product.title}” is for women, men, girls, boys or a baby.")
