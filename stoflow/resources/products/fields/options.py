"""What a thing is, said in pairs: the name of a property in one column, its value in the next."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from stoflow.resources.products.fields.headings import Heading
from stoflow.resources.products.fields.words import column_words, plain, table

ATTRIBUTES = ("brand", "condition", "size", "colors", "materials", "gender", "season", "fit")
WRITTEN_PAIR = re.compile(r"\s*([^=:;|\[\]]+?)\s*[=:]\s*([^|\]]+?)\s*(?=[|\],]|$)")


@dataclass(frozen=True, slots=True)
class OptionColumns:
    """The pairs of columns of a file, and the columns in which pairs are written out: "Size=S|Colour=Red".

    A value in one of `choices_in` lists what a buyer may choose from.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    written: tuple[str, ...] = ()
    choices_in: frozenset[str] = frozenset()

    def filled(self, values: Mapping[str, Any], field: str) -> Iterator[tuple[str, str]]:
        """Yield each column whose pair is about this field, with what it says."""
        if field in ATTRIBUTES and (self.pairs or self.written):
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

    def choices(self, values: Mapping[str, Any]) -> str:
        """Return the choices a row leaves to its buyers, such as "Size: S, M"; "" where it leaves none."""
        said = {column: f"{name}: {value}" for column, name, value in self.said(values) if column in self.choices_in}
        return "; ".join(choice for choice in said.values() if "," in choice)


def option_columns(headings: Sequence[Heading], written: Iterable[str]) -> OptionColumns:
    by_place = {(heading.stem, heading.number): heading.name for heading in headings}
    found = [
        (by_place[row["name"], number], column, row["choices"])
        for row in table("pairs.csv")
        for (stem, number), column in by_place.items()
        if stem == row["value"] and (row["name"], number) in by_place
    ]
    pairs = tuple((name, column) for name, column, _ in found)
    return OptionColumns(pairs, tuple(written), frozenset(column for _, column, choices in found if choices))


@lru_cache(maxsize=1_000)
def attribute_named(name: str) -> str:
    """Return the field that a property is, by the word for it; "" for one that products here have not."""
    words = plain(name).removeprefix("pa ")
    return next((field for field in ATTRIBUTES if words in column_words()[field]), "")


def _text(values: Mapping[str, Any], column: str) -> str:
    value = values.get(column)
    return "" if value is None else str(value).strip()
