"""StoFlow's colours, found in a seller's words in English, French, Dutch or German."""

import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from stoflow.domain.product import Product
from stoflow.marketplaces.vocabulary.tables import SHARED, read_table, words_in
from stoflow.marketplaces.vocabulary.terms import label_of, name_of
from stoflow.marketplaces.vocabulary.wording import plain

TABLE = "colors"


def color_of(word: str) -> str | None:
    """Return StoFlow's name of a colour, or None for a word that is none."""
    return name_of(TABLE, word)


def colors_of(product: Product) -> tuple[str, ...]:
    """Return the product's colours, as declared; from its title where none is declared; in order, none twice."""
    declared = [color_of(word) for text in product.colors for word in re.split(r"[,/;&+]", text)]
    names = [name for name in declared if name] or _in_title(product.title)
    return tuple(dict.fromkeys(names))


def _in_title(title: str) -> list[str]:
    words = re.findall(r"[^\W\d_]+", plain(title))
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    candidates = [*pairs, *(word for word in words if word not in _not_in_titles())]
    return [name for name in (color_of(word) for word in candidates) if name]


@cache
def _not_in_titles() -> frozenset[str]:
    """Return the colour words that mean something else in a title."""
    return frozenset(word for row in read_table(SHARED, TABLE) for word in words_in(row["not_in_titles"]))


@cache
def _families() -> Mapping[str, str]:
    return {row["color"]: row["family"] for row in read_table(SHARED, TABLE) if row["family"]}


def family_of(name: str) -> str:
    """Return the wider colour a shade belongs to, for who knows fewer of them; itself where it is wide already."""
    return _families().get(name, name)


def color_label(name: str, language: str) -> str:
    """Return a colour's name in a language of a marketplace's site, in English where we know no other."""
    return label_of(TABLE, name, language)
