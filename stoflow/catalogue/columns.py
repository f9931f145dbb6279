"""Which column of a file fills which field of a product: what was asked for first, then the names people use."""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stoflow.catalogue.words import NOT_KNOWN, column_words, plain
from stoflow.domain.errors import InputError
from stoflow.domain.product import NewProduct

FIELDS = tuple(field.name for field in dataclasses.fields(NewProduct))
REQUIRED_FIELDS = ("title", "price")

CONDITION_FLAG = "condition flag"  # some exports keep the condition as one true-or-false column per grade
SOURCE = "source"  # where the file was taken from


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file, settled: per field those that may fill it, best first.

    The first of them that holds something in a row fills the field. Names are compared as `plain` words, so
    "Designer_Names", "designer names" and "designer.names" are one name.
    """

    by_field: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str]
    condition_flags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    currency: str = ""  # of prices that name none, where a column's name or the file's settings say it

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
                raise InputError(f'--map takes field=Column, and "{pair}" is not that.')
            mapping[_field(field.strip())] = column.strip()
    return mapping


def _field(name: str) -> str:
    """Return the field someone means: by its own name, or by one its columns go by, as photos for images."""
    field = name if name in FIELDS else next((each for each in FIELDS if plain(name) in column_words()[each]), None)
    if field is None:
        raise InputError(f'A product has no field "{name}". Its fields are {", ".join(FIELDS)}.')
    return field


def settle(names: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """Match the file's columns with the fields; InputError where an asked one, a title or a price is missing."""
    constants = {field: column[1:] for field, column in mapping.items() if column.startswith("=")}
    chosen = {field: (existing(column, names),) for field, column in mapping.items() if field not in constants}
    taken = {column for columns in chosen.values() for column in columns}
    known = [name for name in names if name not in taken]
    by_field = {field: chosen.get(field) or _synonyms(field, known) for field in FIELDS if field not in constants}
    for field in REQUIRED_FIELDS:
        if field not in constants and not by_field[field]:
            raise InputError(f"No column looks like the {field}: name it with --map {field}=Column. {_has(names)}")
    return Columns(by_field, constants, _synonyms(CONDITION_FLAG, known), _synonyms(SOURCE, known))


def existing(column: str, names: Sequence[str]) -> str:
    """Return the file's own spelling of a column someone named; InputError where it has none such."""
    if column in names:
        return column
    alike = [name for name in names if plain(name) == plain(column)]
    if len(alike) == 1:
        return alike[0]
    raise InputError(f'The file has no column "{column}". {_has(names)}')


def _has(names: Sequence[str]) -> str:
    return f"The file has {', '.join(names)}."


def _synonyms(field: str, names: Sequence[str]) -> tuple[str, ...]:
    by_words: dict[str, list[str]] = {}
    for name in names:
        by_words.setdefault(plain(name), []).append(name)
    return tuple(name for synonym in column_words()[field] for name in by_words.get(synonym, ()))
