"""What a thing is, said in pairs: the name of a property in one column, its value in the next."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from stoflow.catalogue.headings import Heading
from stoflow.catalogue.words import column_words, plain, table

ATTRIBUTES = ("brand", "condition", "size", "colors", "materials", "gender", "season", "fit")
WRITTEN_PAIR = re.compile(r"\s*([^=:;|\[\]]+?)\s*[=:]\s*([^|\]]+?)\s*(?=[|\],]|$)")


@dataclass(frozen=True, slots=True)
class OptionColumns:
    """The pairs of columns of a file, and the columns in which pairs are written out: "Size=S|Colour=Red"."""

    pairs: tuple[tuple[str, str], ...] = ()
    written: tuple[str, ...] = ()

    def filled(self, values: Mapping[str, Any], field: str) -> Iterator[tuple[str, str]]:
        """Yield each column whose pair is about this field, with what it says."""
        if field in ATTRIBUTES:
            for column, name, value in self.said(values):
                if attribute_named(name) == field:
                    yield column, value

    def said(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Yield (column, name, value) of each pair that a row states."""
        for name_column, column in self.pairs:
            name, value = _text(values, name_column), _text(values, column)
            if name and value and value != "Default Title":
                yield column, name, value
        for column in self.written:
            for name, value in WRITTEN_PAIR.findall(_text(values, column)):
                yield column, name.strip(" ,"), value


def option_columns(headings: Sequence[Heading], written: Iterable[str]) -> OptionColumns:
    return OptionColumns(tuple(_pairs(headings)), tuple(written))


def _pairs(headings: Sequence[Heading]) -> Iterator[tuple[str, str]]:
    by_place = {(heading.stem, heading.number): heading.name for heading in headings}
    for name, value in _pair_names():
        for (stem, number), column in by_place.items():
            if stem == value and (name, number) in by_place:
                yield by_place[name, number], column


@cache
def _pair_names() -> tuple[tuple[str, str], ...]:
    return tuple((row["name"], row["value"]) for row in table("pairs.csv"))


@lru_cache(maxsize=1_000)
def attribute_named(name: str) -> str:
    """Return the field that a property is, by the word for it; "" for one that products here have not."""
    words = plain(name).removeprefix("pa ")
    return next((field for field in ATTRIBUTES if words in column_words()[field]), "")


def _text(values: Mapping[str, Any], column: str) -> str:
    value = values.get(column)
    return "" if value is None else str(value).strip()
