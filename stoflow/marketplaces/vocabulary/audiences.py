"""Whom a thing is for, found in a seller's words: women, men, girls, boys or a baby."""

from collections.abc import Mapping
from functools import cache

from stoflow.domain.product import Product
from stoflow.marketplaces.vocabulary.tables import SHARED, read_table, words_in
from stoflow.marketplaces.vocabulary.wording import LONGEST_PHRASE_WORDS, plain, words_of

UNISEX = "unisex"


def audiences_of(product: Product) -> tuple[str, ...]:
    """Return whom the product may be for, likeliest first; empty where nothing says so."""
    # In a title "M" is a size and no man, and Donna a designer.
    title = " ".join(word for word in words_of(product.title) if len(word) > 1 and word not in _path_only())
    for text in (product.category, product.gender, title):
        gender = _gender_in(text)
        if gender:
            return tuple(words_in(_rows()[gender]["audiences"]))
    return ()


def is_unisex(product: Product) -> bool:
    """Say whether the product's gender is said to be everyone's."""
    return _genders_by_phrase().get(plain(product.gender)) == UNISEX


def gender_label(gender: str, language: str) -> str:
    """Return what people call a gender in English, French, Dutch or German."""
    return _rows()[gender][language]


def _gender_in(text: str) -> str:
    """Return the gender named first; of two that begin together the one of more words ("unisex kids")."""
    words = words_of(text)
    for start in range(len(words)):
        for length in range(LONGEST_PHRASE_WORDS, 0, -1):
            gender = _genders_by_phrase().get(" ".join(words[start : start + length]))
            if gender:
                return gender
    return ""


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    return {row["gender"]: row for row in read_table(SHARED, "genders")}


@cache
def _genders_by_phrase() -> Mapping[str, str]:
    return {plain(phrase): gender for gender, row in _rows().items() for phrase in words_in(row["words"])}


@cache
def _path_only() -> frozenset[str]:
    """Return the words for a gender that mean something else in a title."""
    return frozenset(word for row in read_table(SHARED, "genders") for word in words_in(row["path_only"]))
