"""From a seller's untidy category to one of StoFlow's own, such as "women/dresses"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product
from stoflow.marketplaces.tables import read_table
from stoflow.marketplaces.wording import plain

PACKAGE = "stoflow.marketplaces"
LONGEST_PHRASE_WORDS = 3
AUDIENCES = ("women", "men", "girls", "boys", "baby")
AUDIENCE_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("women", "womens", "women's", "womenswear", "woman", "ladies", "lady", "female", "f"), "women"),
    **dict.fromkeys(("femme", "femmes", "dames", "dame", "damen", "vrouw", "vrouwen", "mujer"), "women"),
    **dict.fromkeys(("men", "mens", "men's", "menswear", "man", "male", "m", "h", "gents"), "men"),
    **dict.fromkeys(("homme", "hommes", "heren", "herren", "mannen", "hombre"), "men"),
    **dict.fromkeys(("girl", "girls", "girls'", "girl's", "fille", "filles", "meisje", "meisjes"), "girls"),
    **dict.fromkeys(("boy", "boys", "boys'", "boy's", "garcon", "garcons", "jongen", "jongens"), "boys"),
    **dict.fromkeys(("baby", "babies", "bebe", "bebes", "newborn", "infant", "toddler"), "baby"),
}
UNISEX_WORDS = frozenset({"unisex", "unisexe", "mixte", "gender neutral", "gender-neutral", "unisex adults"})
STAND_INS: Mapping[str, tuple[str, ...]] = {
    # Where a department has no category of that kind, the nearest one it has.
    "tops": ("t-shirts",),
    "t-shirts": ("tops",),
    "polos": ("t-shirts", "tops"),
    "shirts": ("tops",),
    "coats": ("jackets",),
    "jackets": ("coats",),
    "waistcoats": ("jackets",),
    "blazers": ("jackets",),
    "trousers": ("rompers",),
    "leggings": ("trousers",),
    "trainers": ("shoes",),
    "boots": ("shoes",),
    "sandals": ("shoes",),
    "flats": ("casual-shoes", "shoes"),
    "slippers": ("shoes",),
    "formal-shoes": ("flats", "shoes"),
    "casual-shoes": ("flats", "shoes"),
    "handbags": ("bags",),
    "shoulder-bags": ("bags",),
    "tote-bags": ("bags",),
    "travel-bags": ("bags",),
    "bum-bags": ("bags",),
    "clutches": ("bags",),
    "bags": ("handbags",),
    "backpacks": ("bags",),
    "underwear": ("bras",),
    "tights": ("leggings",),
    "jumpsuits": ("rompers", "trousers"),
    "bodysuits": ("tops",),
    "earrings": ("jewellery",),
    "brooches": ("jewellery",),
}
ITEM_WORDS_THAT_ARE_ALSO_NAMES = frozenset(
    {"leather", "denim", "sweat", "short", "chain", "collar", "das", "pet", "hemd"}
)
"""Kinds in a category path, something else in a title ("leather belt", "short dress")."""


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
    return {row["category"]: row for row in read_table(PACKAGE, "categories")}


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
    kind = _kind(text) or _kind(_for_title(product.title)) or _kind(text, weak=True)
    return _in_department(kind, _audiences(product), product)


def _of_vinted(catalogue_id: str, product: Product) -> Category | FieldError:
    row = _vinted_rows().get(catalogue_id)
    if row is None:
        return FieldError("category", f"Vinted's category {catalogue_id} is none of those StoFlow can publish in.")
    audience, _, kind = row["category"].partition("/")
    if kind:
        return Category(row["category"], vinted_id=catalogue_id if row["is_leaf"] else "")
    kind = _kind(_for_title(product.title)) or _kind(product.title, weak=True)  # "other clothing": what is it then?
    return _in_department(kind, (audience,), product)


@cache
def _vinted_rows() -> Mapping[str, Mapping[str, str]]:
    return {row["catalog_id"]: row for row in read_table(PACKAGE, "vinted_catalogue")}


def _in_department(kind: str, audiences: tuple[str, ...], product: Product) -> Category | FieldError:
    if not kind:
        return FieldError("category", f"No category is known for “{product.category.strip() or product.title}”.")
    for audience in audiences:
        for candidate in (kind, *STAND_INS.get(kind, ())):
            if f"{audience}/{candidate}" in _rows():
                return Category(f"{audience}/{candidate}")
    only = [name for name in _rows() if name.endswith(f"/{kind}")]
    if len(only) == 1 and not audiences:
        return Category(only[0])
    if audiences:
        return FieldError("category", f"StoFlow has no category for {kind} in the {audiences[0]} department.")
    return FieldError("gender", f"Say whether “{product.title}” is for women, men, girls, boys or a baby.")


def _audiences(product: Product) -> tuple[str, ...]:
    """Return whom the product may be for, likeliest first; empty where nothing says so."""
    title = " ".join(word for word in _words(product.title) if len(word) > 1)  # "M" is a size there, not a man
    for text in (product.category, product.gender, title):
        words = _words(text)
        found = next((AUDIENCE_WORDS[word] for word in words if word in AUDIENCE_WORDS), None)
        if found:
            return (found,)
        if UNISEX_WORDS & {*words, plain(text)}:
            return ("men", "women")
    return ()


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'&-]+", plain(text).replace("_", " "))


def _for_title(title: str) -> str:
    return " ".join(word for word in _words(title) if word not in ITEM_WORDS_THAT_ARE_ALSO_NAMES)


@cache
def _kinds_by_phrase(*, weak: bool) -> Mapping[str, str]:
    column = "weak" if weak else "words"
    return {
        plain(phrase): row["kind"]
        for row in read_table(PACKAGE, "kinds")
        for phrase in ("" if weak else row["kind"], *row[column].split("|"))
        if phrase
    }


def _kind(text: str, *, weak: bool = False) -> str:
    """Return the kind named last in the text, as the noun is in English ("shirt dress"); a longer phrase wins.

    The last part of a path ("tops.polos", "Women > Dresses") is asked first. Weak phrases fit several kinds
    ("bottoms", "socks underwear"): they are asked only where nothing better was found, in category and title.
    """
    phrases, vague = _kinds_by_phrase(weak=weak), _kinds_by_phrase(weak=True)
    for part in reversed(re.split(r"[.>/]|\s-\s", text)):
        words = [word for word in _words(part) if word != "&"]
        if not weak and " ".join(words) in vague:
            continue
        for length in range(min(LONGEST_PHRASE_WORDS, len(words)), 0, -1):
            for start in range(len(words) - length, -1, -1):
                found = phrases.get(" ".join(words[start : start + length]))
                if found:
                    return found
    return ""


@cache
def _labels() -> Mapping[str, Mapping[str, str]]:
    return {row["kind"]: row for row in read_table(PACKAGE, "kinds")}


def kind_label(kind: str, language: str) -> str:
    """Return what a buyer calls this kind, in English, French or Dutch; in English for another language."""
    row = _labels()[kind]
    return row.get(language) or row["en"]
