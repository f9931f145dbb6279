"""StoFlow's own words for colours, materials, seasons and fits, found in a seller's words in four languages."""

from collections.abc import Mapping
from functools import cache

from stoflow.marketplaces.vocabulary.tables import SHARED, read_table, words_in
from stoflow.marketplaces.vocabulary.wording import plain

LANGUAGES = ("en", "fr", "nl", "de")
TABLES: Mapping[str, str] = {"colors": "color", "materials": "material", "seasons": "season", "fits": "fit"}
"""Each table and the column of its names."""


@cache
def names_by_word(table: str) -> Mapping[str, str]:
    """Return StoFlow's names by each word that means them; an earlier language wins, other words come last."""
    words: dict[str, str] = {}
    for language in LANGUAGES:
        for row in read_table(SHARED, table):
            for word in words_in(row[language]):
                words.setdefault(plain(word), row[TABLES[table]])
    for row in read_table(SHARED, table):
        for word in words_in(row.get("words", "")):
            words.setdefault(plain(word), row[TABLES[table]])
    return words


def name_of(table: str, word: str) -> str | None:
    """Return StoFlow's name of what a word means, or None for a word that is none of the table."""
    return names_by_word(table).get(plain(word))


def label_of(table: str, name: str, language: str) -> str:
    """Return a name's first word in a language of a marketplace's site; the name itself where we know no other."""
    return _labels(table).get((name, language), name)


@cache
def _labels(table: str) -> Mapping[tuple[str, str], str]:
    return {
        (row[TABLES[table]], language): words_in(row[language])[0].capitalize()
        for row in read_table(SHARED, table)
        for language in LANGUAGES
        if row[language]
    }
