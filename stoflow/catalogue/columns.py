"""Which column of a file fills which field of a product: what was asked for first, then the names people use."""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stoflow.catalogue.words import NOT_KNOWN, plain
from stoflow.domain.errors import InputError
from stoflow.domain.product import NewProduct

FIELDS = tuple(field.name for field in dataclasses.fields(NewProduct))
REQUIRED_FIELDS = ("title", "price")

# Per field, best name first: the first of them that holds something in a row fills the field. Names are compared
# as `plain` words, so "Designer_Names", "designer names" and "designer.names" are one name.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "title": ("title", "name", "titel", "titre", "product title", "product name", "listing title", "item title", "item name", "nom", "naam"),
    "description": ("description", "desc", "beschrijving", "omschrijving", "beschreibung", "body", "body html", "text", "details",
                    "product description", "item description"),
    "price": ("price", "prijs", "prix", "preis", "price amount", "amount", "asking price", "listing price", "list price", "price eur",
              "price usd", "unit price", "price numeric", "sale price"),
    "currency": ("currency", "price currency", "price currency code", "currency code", "devise", "valuta", "munt", "wahrung"),
    "category": ("category path", "category name", "category title", "category", "categorie", "kategorie", "catalog", "catalogue",
                 "catalog title", "product category", "product type", "subcategory", "type", "categories"),
    "brand": ("brand", "brand title", "brand name", "designer names", "designers", "designer", "merk", "marque", "marke", "vendor",
              "manufacturer", "brands"),
    "condition": ("condition", "state", "status title", "item condition", "condition name", "conditie", "staat", "etat", "zustand", "note",
                  "quality", "status"),
    "size": ("size", "size title", "size name", "maat", "taille", "grosse", "groesse", "sizes"),
    "colors": ("colors", "colours", "color", "colour", "kleur", "kleuren", "couleur", "couleurs", "farbe", "farben", "color1", "color 1",
               "primary color"),
    "materials": ("materials", "material", "materiaal", "materialen", "matiere", "matieres", "fabric", "composition"),
    "gender": ("gender", "department", "sex", "geslacht", "genre", "sexe", "geschlecht", "audience"),
    "season": ("season", "seizoen", "saison"),
    "fit": ("fit", "pasvorm", "coupe", "passform"),
    "quantity": ("quantity", "qty", "stock quantity", "stock", "aantal", "quantite", "inventory", "voorraad", "menge"),
    "who_made": ("who made", "made by"),
    "when_made": ("when made", "era", "decade", "production date"),
    "images": ("images", "photos", "pictures", "image", "photo", "picture", "photo urls", "photo url", "image urls", "image url", "picture url",
               "picture urls", "image path", "photo path", "cover photo url", "cover photo", "cover image", "afbeelding", "afbeeldingen",
               "foto", "fotos", "bilder", "image src", "main image", "thumbnail"),
    "external_ref": ("external ref", "id", "item id", "product id", "listing id", "sku", "custom label", "reference", "ref", "handle", "article"),
}  # fmt: skip

# Some exports keep the condition as one true-or-false column per grade.
CONDITION_FLAGS = frozenset({
    "is new", "is new with tags", "is new without tags", "is like new", "is gently used", "is very good", "is used", "is good",
    "is worn", "is satisfactory", "is not functional",
})  # fmt: skip
SOURCE_NAMES = frozenset({"marketplace", "source", "platform", "site"})


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file, settled: per field those that may fill it, best first."""

    by_field: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str]
    condition_flags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def value(self, values: Mapping[str, Any], field: str) -> Any:
        """Return the first of the field's columns that holds something, "" where none does."""
        if field in self.constants:
            return self.constants[field]
        for column in self.by_field.get(field, ()):
            value = values.get(column)
            if not is_empty(value):
                return value
        return ""


def is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in NOT_KNOWN) or value in ([], {}, ())


def parse_mapping(options: Iterable[str]) -> dict[str, str]:
    """Read `--map` options: "title=Titel", several joined by commas, and "currency==USD" for one value in every row."""
    mapping: dict[str, str] = {}
    for option in options:
        for pair in re.split(r",(?=\s*\w+\s*=)", option):
            field, equals, column = pair.partition("=")
            if not equals or not column.strip():
                message = f'--map takes field=Column, and "{pair}" is not that.'
                raise InputError(message)
            mapping[field.strip()] = column.strip()
    for field in mapping:
        if field not in FIELDS:
            message = f'A product has no field "{field}". Its fields are {", ".join(FIELDS)}.'
            raise InputError(message)
    return mapping


def settle(names: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """Match the file's columns with the fields; InputError where an asked one is missing or no title or price can be found."""
    constants = {field: column[1:] for field, column in mapping.items() if column.startswith("=")}
    chosen = {field: (existing(column, names),) for field, column in mapping.items() if field not in constants}
    taken = {column for columns in chosen.values() for column in columns}
    known = [name for name in names if name not in taken]
    by_field = {field: chosen.get(field) or _synonyms(field, known) for field in FIELDS if field not in constants}
    for field in REQUIRED_FIELDS:
        if field not in constants and not by_field[field]:
            message = f"No column looks like the {field}. Name it with --map {field}=Column; the file has {', '.join(names)}."
            raise InputError(message)
    return Columns(
        by_field,
        constants,
        tuple(name for name in known if plain(name) in CONDITION_FLAGS),
        tuple(name for name in known if plain(name) in SOURCE_NAMES),
    )


def existing(column: str, names: Sequence[str]) -> str:
    """Return the file's own spelling of a column someone named; InputError where it has none such."""
    if column in names:
        return column
    alike = [name for name in names if plain(name) == plain(column)]
    if len(alike) == 1:
        return alike[0]
    message = f'The file has no column "{column}". It has {", ".join(names)}.'
    raise InputError(message)


def _synonyms(field: str, names: Sequence[str]) -> tuple[str, ...]:
    by_words: dict[str, list[str]] = {}
    for name in names:
        by_words.setdefault(plain(name), []).append(name)
    return tuple(name for synonym in SYNONYMS[field] for name in by_words.get(synonym, ()))
