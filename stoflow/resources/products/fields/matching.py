"""The columns of a file that fill a field: by the profile of the tool that wrote them, else by the words people use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from stoflow.domain.product import NewProduct
from stoflow.resources.products.fields.currencies import currencies_of
from stoflow.resources.products.fields.headings import ACTION_WORD, Heading
from stoflow.resources.products.fields.options import ATTRIBUTES
from stoflow.resources.products.fields.profiles import Profile
from stoflow.resources.products.fields.words import column_words, meanings, plain

FIELDS = tuple(field.name for field in fields(NewProduct) if field.name != "metadata")
GATHERED = frozenset({"images", "colors", "materials"})  # several columns fill one of these together
IN_SERIES = GATHERED | {"category"}
THUMBNAIL = "thumbnail"  # a smaller picture of what other columns hold


@dataclass(frozen=True, slots=True)
class Matcher:
    """The headings that are still free, and what is known of the tool that wrote them."""

    tool: Profile
    headings: Sequence[Heading]

    def columns(self, field: str) -> tuple[str, ...]:
        """Return the columns that may fill a field, best first; photos in the file's and their numbers' order."""
        found = self.named(self.tool.fields.get(field, ()), field) or self.by_words(field)
        if field == "images" and not found:
            found = self.by_words(THUMBNAIL)
        return _in_order(found, self.headings) if field == "images" else found

    def by_words(self, field: str) -> tuple[str, ...]:
        """Return the columns that go by one of the words for a field; what is marked as a property comes last."""
        free = [each for each in self.headings if each.words not in self.tool.unused]
        plain_ones = [each for each in free if not each.attribute]
        marked = [each for each in free if each.attribute] if field in ATTRIBUTES else []
        names = column_words()[field]
        return (*_going_by(names, plain_ones, field), *_going_by(names, marked, field))

    def named(self, names: Iterable[str], field: str = "") -> tuple[str, ...]:
        """Return the columns of these names; of "department>category" the path, as far as the file has its parts."""
        found: list[str] = []
        for name in names:
            parts = [_going_by(part.split("/"), self.headings, field)[:1] for part in name.split(">")]
            if ">" in name:
                found.append(">".join(column for part in parts for column in part))
            else:
                found += _going_by((name,), self.headings, field)
        return tuple(dict.fromkeys(filter(None, found)))

    def tree(self, column: str) -> str:
        """Return whose categories the numbers of a column are: by its own name, else by the tool; "" where unknown."""
        trees = meanings("tree")
        words = plain(column)
        by_name = trees.get(words) or next((trees[word] for word in words.split() if word in trees), "")
        return by_name or self.tool.tree


def _going_by(names: Iterable[str], headings: Iterable[Heading], field: str) -> tuple[str, ...]:
    known = list(headings)
    matches = (each.name for name in names for each in known if each.goes_by(name, in_series=field in IN_SERIES))
    return tuple(dict.fromkeys(matches))


def _in_order(columns: tuple[str, ...], headings: Sequence[Heading]) -> tuple[str, ...]:
    """Return the columns with each series where its first stands, and "photo 10" behind "photo 9"."""
    series: dict[str, list[Heading]] = {}
    for heading in headings:
        if heading.name in columns:
            series.setdefault(heading.stem, []).append(heading)
    return tuple(each.name for one in series.values() for each in sorted(one, key=lambda heading: heading.number))


def in_one_currency(columns: tuple[str, ...], headings: Sequence[Heading]) -> tuple[tuple[str, ...], str, str]:
    """Return the columns of a price that are in the currency of the best of them, that currency, and its sign.

    A sign that several currencies share gives no currency: it says with each price what "5 $" would say. A template
    names the currency of all its prices once, in its first column. Where "price" stands beside "price (€)", nobody says
    what the former is in.
    """
    said = {heading.name: heading for heading in headings if heading.name in columns}
    first = next((said[column].currency for column in columns if column in said and said[column].currency), "")
    clear = {heading.words for heading in said.values() if heading.currency}
    kept = tuple(
        column
        for column in columns
        if column not in said or said[column].currency == first or said[column].words not in clear
    )
    written = first or next((each.currency for each in headings if each.words == ACTION_WORD), "")
    codes = currencies_of(written)
    return kept, codes[0] if len(codes) == 1 else "", written if len(codes) > 1 else ""
