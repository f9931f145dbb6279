"""Which column of a file fills which field of a product: what was asked for first, then the names people use."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stoflow.marketplaces.vocabulary.wording import shorten
from stoflow.resources.products.fields.matching import GATHERED
from stoflow.resources.products.fields.numbers import Amount, exact
from stoflow.resources.products.fields.options import OptionColumns
from stoflow.resources.products.fields.profiles import ANYTHING, UNKNOWN, Profile
from stoflow.resources.products.fields.special_prices import SpecialPrices
from stoflow.resources.products.fields.words import NOT_KNOWN, YES, meanings, plain, without_code
from stoflow.resources.products.files.rows import literal

FIRST_LINE_CHARACTERS = 140
OVERSOLD = re.compile(r"-\d+(?:\.0+)?")  # a shop sold more than it had: nothing is left
BARE_NUMBER = re.compile(r"[\d.,' ]+")

LONGEST_UNKNOWN = max(map(len, NOT_KNOWN))
AVAILABILITY = "availability"
SOLD_FLAG = "sold flag"
TRACKER = "tracker"
PARENT = "parent"
FOLLOWS = "follows"
PHOTO_ORDER = "photo order"

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file, settled: per field those that may fill it, best first.

    The first of them that holds something in a row fills the field; photos, colours and materials are gathered from
    all. Several columns joined by ">" are the parts of one path. `profile` names the tool that wrote the file, as far
    as it is known, and `currency` is what the file's header says of its prices. `trees` says, per column, whose
    categories its numbers are; `marks` holds the columns that say something of the row itself, by what they say. `keys`
    are the columns whose value rows of one product share, each with what is written before it; `varying` are those that
    may differ between its variants.
    """

    by_field: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str]
    condition_flags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    currency: str = ""
    price_sign: str = ""
    options: OptionColumns = dataclasses.field(default_factory=OptionColumns)
    special: SpecialPrices = dataclasses.field(default_factory=SpecialPrices)
    tool: Profile = UNKNOWN
    trees: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    marks: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict[str, tuple[str, ...]])
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    varying: frozenset[str] = frozenset()

    @property
    def profile(self) -> str:
        return self.tool.name

    def value(self, values: Values, field: str) -> Any:
        """Return what the row holds for the field, "" where nothing."""
        if field in self.constants:
            return self.constants[field]
        if field == "quantity" and self.is_gone(values):
            return 0
        if field not in GATHERED:
            return next((value for _, value in self.filled(values, field)), "")
        found = [value for _, value in self.filled(values, field)]
        return [item for value in found for item in _items(value)] if len(found) > 1 else found[0] if found else ""

    def column_of(self, values: Values, field: str) -> str:
        """Return the file's own name of the column that gives the field its value, "" where none does."""
        return "" if field in self.constants else next((column for column, _ in self.filled(values, field)), "")

    def filled(self, values: Values, field: str) -> Iterator[tuple[str, Any]]:
        """Yield each column that holds something for the field, with what it holds, best first."""
        for column in self.by_field.get(field, ()):
            value = self._cell(values, field, column)
            if not is_empty(value) and (column not in self.special.columns or self.special.is_on(values)):
                yield column, self._read(field, value)
        yield from self.options.filled(values, field)

    def is_gone(self, values: Values) -> bool:
        """Say whether the row itself says that its thing is sold."""
        said = {meanings("state").get(plain(str(values.get(name, "")))) for name in self.marks.get(AVAILABILITY, ())}
        flags = (plain(str(values.get(name, ""))) in YES for name in self.marks.get(SOLD_FLAG, ()))
        return "gone" in said or any(flags) or self.says(values, self.tool.gone)

    def is_help(self, values: Values) -> bool:
        """Say whether the row is no seller's but the tool's, which explains its columns there."""
        return bool(self.tool.help) and any(str(value).startswith(self.tool.help) for value in values.values())

    def left_out_as(self, values: Values) -> str:
        """Return what makes the row no product, such as "grouped", "" where it is one."""
        found = next((mark for mark in self.tool.leave_out if self.says(values, (mark,))), ("", ""))
        return found[0] if found[1] == ANYTHING else found[1]

    def marked(self, values: Values, mark: str) -> bool:
        return any(not is_empty(values.get(name)) for name in self.marks.get(mark, ()))

    def says(self, values: Values, marks: tuple[tuple[str, str], ...]) -> bool:
        """Say whether one of these (column, word) holds in the row."""
        return any(_holds(values.get(name), word) for column, word in marks for name in self.marks.get(column, ()))

    def _cell(self, values: Values, field: str, column: str) -> Any:
        if field == "quantity" and self._is_untracked(values):
            return ""
        if ">" in column and column not in values:
            parts = (str(values.get(part) or "").strip() for part in column.split(">"))
            return " > ".join(part for part in parts if not is_empty(part))
        return values.get(column)

    def _is_untracked(self, values: Values) -> bool:
        trackers = self.marks.get(TRACKER, ())
        return bool(trackers) and all(is_empty(values.get(name)) for name in trackers)

    def _read(self, field: str, value: Any) -> Any:
        if field == self.tool.first_line:
            value = first_line(str(value))
        if field == "quantity" and self.profile and OVERSOLD.fullmatch(str(value).strip()):
            value = 0
        if field == "price" and self.price_sign:
            value = _beside(value, self.price_sign)
        return without_code(value) if field in self.tool.codes and isinstance(value, str) else value


def _beside(price: Any, sign: str) -> Any:
    """Return a price that names no currency with the sign that the header has for all of them."""
    if exact(price):
        return Amount(price, sign)
    return f"{price} {sign}" if BARE_NUMBER.fullmatch(str(price).strip()) else price


def is_empty(value: object) -> bool:
    if isinstance(value, str):
        written = value.strip()
        return len(written) <= LONGEST_UNKNOWN and written.lower() in NOT_KNOWN
    return value is None or value in ([], {}, ())


def first_line(text: str) -> str:
    """Return the first line of a text that says something, for a title; a long one is cut between two words."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return shorten(next((line for line in lines if line.strip("#*-–—_ ")), ""), FIRST_LINE_CHARACTERS)


def _items(value: Any) -> list[Any]:
    read = literal(value.strip()) if isinstance(value, str) else value
    return list(read) if isinstance(read, list | tuple | set) else [read]


def _holds(value: Any, word: str) -> bool:
    return not is_empty(value) if word == ANYTHING else word in _words(value)


def _words(value: Any) -> list[str]:
    """Return the plain words of a cell such as "simple, virtual"."""
    return [plain(part) for part in str("" if value is None else value).split(",")]
