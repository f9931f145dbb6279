"""What a person says of a file's columns: the options of `--map`."""

import re
from collections.abc import Iterable, Mapping, Sequence

from stoflow.domain.errors import InputError
from stoflow.resources.products.fields.matching import FIELDS, GATHERED
from stoflow.resources.products.fields.words import column_words, plain

Mapped = Mapping[str, Sequence[str]]
"""What was asked for: per field one column or several, or "=value" for one value in every row."""


def parse_mapping(options: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read `--map` options: "title=Titel", several joined by commas, and "currency==USD" for one value in every row.

    Photos, colours and materials may be named several times; another field that is raises InputError.
    """
    mapping: dict[str, tuple[str, ...]] = {}
    for option in options:
        for pair in re.split(r",(?=\s*\w+\s*=)", option):
            name, equals, column = pair.partition("=")
            if not equals or not column.strip():
                raise InputError(f'The option map takes field=Column, and "{pair}" is not that.')
            field = _field(name.strip())
            mapping[field] = (*mapping.get(field, ()), column.strip())
            _check_once(field, mapping[field])
    return mapping


def _check_once(field: str, columns: Sequence[str]) -> None:
    if len(columns) > 1 and (field not in GATHERED or any(column.startswith("=") for column in columns)):
        asked = " and ".join(f'"{column}"' for column in columns)
        raise InputError(f"The {field} is mapped twice, to {asked}: only {', '.join(sorted(GATHERED))} are gathered.")


def _field(name: str) -> str:
    """Return the field someone means: by its own name, or by one its columns go by, as photos for images."""
    field = name if name in FIELDS else next((each for each in FIELDS if plain(name) in column_words()[each]), None)
    if field is None:
        raise InputError(f'A product has no field "{name}". Its fields are {", ".join(FIELDS)}.')
    return field
