"""StoFlow's colours, found in a seller's words in English, French, Dutch or German."""

import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from stoflow.domain.product import Product
from stoflow.marketplaces.tables import read_table
from stoflow.marketplaces.wording import plain

LANGUAGES = ("en", "fr", "nl", "de")
TITLE_WORDS_LEFT_OUT = frozenset(
    {"or", "rose", "rosa", "ash", "clear", "multi", "mint", "wine", "slate", "wit", "marine"}
)
"""Colour words that mean something else in a title."""


@cache
def _names_by_word() -> Mapping[str, str]:
    words: dict[str, str] = {}
    for language in LANGUAGES:
        for row in read_table("stoflow.marketplaces", "colors"):
            for word in row[language].split("|"):
                words.setdefault(plain(word), row["color"])
    return words


def color_of(word: str) -> str | None:
    """Return StoFlow's name of a colour, or None for a word that is none."""
    return _names_by_word().get(plain(word))


def colors_of(product: Product) -> tuple[str, ...]:
    """Return the product's colours, as declared; from its title where none is declared; in order, none twice."""
    declared = [color_of(word) for text in product.colors for word in re.split(r"[,/;&+]", text)]
    names = [name for name in declared if name] or _in_title(product.title)
    return tuple(dict.fromkeys(names))


def _in_title(title: str) -> list[str]:
    words = re.findall(r"[^\W\d_]+", plain(title))
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    candidates = [*pairs, *(word for word in words if word not in TITLE_WORDS_LEFT_OUT)]
    return [name for name in (color_of(word) for word in candidates) if name]


@cache
def _labels() -> Mapping[tuple[str, str], str]:
    return {
        (row["color"], language): row[language].split("|")[0].capitalize()
        for row in read_table("stoflow.marketplaces", "colors")
        for language in LANGUAGES
        if row[language]
    }


def color_label(name: str, language: str) -> str:
    """Return a colour's name in a language of a marketplace's site, in English where we know no other."""
    return _labels().get((name, language), name)
