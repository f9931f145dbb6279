"""The catalogues of attributes: the same tables that the mapping reads, as entries for a form to offer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from hashlib import sha256

from stoflow.domain.catalogue import CatalogueEntry
from stoflow.marketplaces.vocabulary.audiences import gender_label
from stoflow.marketplaces.vocabulary.brands import names_a_brand
from stoflow.marketplaces.vocabulary.categories import Category
from stoflow.marketplaces.vocabulary.kinds import kind_label
from stoflow.marketplaces.vocabulary.tables import SHARED, read_table, words_in
from stoflow.marketplaces.vocabulary.terms import LANGUAGES
from stoflow.marketplaces.vocabulary.wording import plain

DIGEST_CHARACTERS = 16


Row = Mapping[str, str]
Labels = Mapping[str, tuple[str, ...]]


def own_labels(row: Row) -> Labels:
    """Return the words in a row's own columns."""
    return {language: tuple(words_in(row.get(language, ""))) for language in LANGUAGES}


def labels_of_category(row: Row) -> Labels:
    """Return "Women: Dress", and each half, which is what people look for."""
    category = Category(row["category"])
    halves = ((gender_label(category.audience, each), kind_label(category.kind, each)) for each in LANGUAGES)
    return {
        language: (f"{audience}: {kind}", audience, kind)
        for language, (audience, kind) in zip(LANGUAGES, halves, strict=True)
    }


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Which columns of `data/<name>.csv` are the name of an entry and its details; `offers` leaves names out.

    `labels` returns what people call it, by language, best first.
    """

    name_column: str
    details: tuple[str, ...] = ()
    offers: Callable[[str], bool] = bool
    labels: Callable[[Row], Labels] = own_labels


CATALOGUES: Mapping[str, Catalogue] = {
    "brands": Catalogue("brand", ("vinted_id",), names_a_brand),
    "categories": Catalogue("category", ("section", "size_required"), labels=labels_of_category),
    "colors": Catalogue("color", ("family",)),
    "conditions": Catalogue("grade", ("lowest_note",)),
    "fits": Catalogue("fit"),
    "genders": Catalogue("gender", ("audiences",)),
    "materials": Catalogue("material"),
    "seasons": Catalogue("season"),
    "sizes": Catalogue("size", ("kinds",)),
}
"""By the name of their table in the schema `product_attributes`."""


def entries_of(name: str) -> tuple[CatalogueEntry, ...]:
    """Return a catalogue's entries in the order they are offered in."""
    catalogue, rows = CATALOGUES[name], read_table(SHARED, name)
    offered = {row[catalogue.name_column]: row for row in rows if catalogue.offers(row[catalogue.name_column])}
    return tuple(_entry(entry, catalogue, row) for entry, row in offered.items())


def version_of(name: str) -> str:
    """Return the version of a catalogue: the day of its last change, and a letter where one day saw several."""
    return next(row["version"] for row in read_table(SHARED, "versions") if row["catalogue"] == name)


def digest_of(name: str) -> str:
    """Return what changes with any entry of a catalogue, so that a change cannot forget its version."""
    text = json.dumps([astuple(entry) for entry in entries_of(name)], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:DIGEST_CHARACTERS]


def _entry(name: str, catalogue: Catalogue, row: Row) -> CatalogueEntry:
    synonyms = catalogue.labels(row)
    words = [name, *(word for each in synonyms.values() for word in each)]
    return CatalogueEntry(
        name=name,
        labels={language: each[0] for language, each in synonyms.items() if each},
        details={column: row[column] for column in catalogue.details if row[column]},
        words=tuple(dict.fromkeys(map(plain, words))),
    )
