"""From a seller's untidy category to one of StoFlow's own, such as "women/dresses"."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product
from stoflow.marketplaces.audiences import audiences_of
from stoflow.marketplaces.kinds import kind_in, kind_in_title, names_kind, stand_ins, vague_kind_in
from stoflow.marketplaces.tables import SHARED, read_table, words_in


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

    Read in this order: one of our names, a Vinted catalogue id, words of the category, words of the title.
    """
    text = product.category.strip()
    if text in _rows():
        return Category(text)
    if text.isdigit():
        return _of_vinted(text, product)
    kind = kind_in(text) or kind_in_title(product.title) or vague_kind_in(text)
    return _in_department(kind, audiences_of(product), product)


def _of_vinted(catalogue_id: str, product: Product) -> Category | FieldError:
    """Return what an id of Vinted's stands for.

    One that is no leaf, or was retired, holds several kinds: then the title chooses among them. One such as "other
    clothing" says only whom it is for.
    """
    row = _vinted_rows().get(catalogue_id)
    if row is None:
        return FieldError("category", f"Vinted's category {catalogue_id} is none of those StoFlow can publish in.")
    audience, _, kind = row["category"].partition("/")
    said = kind_in_title(product.title)
    if not kind:
        return _in_department(said or vague_kind_in(product.title), (audience,), product)
    if said in words_in(row["kinds"]) and not names_kind(product.title, kind):
        return Category(f"{audience}/{said}")
    return Category(row["category"], vinted_id=row["leaf_id"])


@cache
def _vinted_rows() -> Mapping[str, Mapping[str, str]]:
    return {row["catalog_id"]: row for row in read_table(SHARED, "vinted_catalogue")}


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
