"""A file of somebody else's products, read row by row into products or into reasons why not."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from stoflow.domain.product import NewProduct
from stoflow.resources.products.fields import values
from stoflow.resources.products.fields.categories import category_of
from stoflow.resources.products.fields.columns import FOLLOWS, PARENT, Columns, is_empty
from stoflow.resources.products.fields.fields import BadField, Reading, Record, product_of
from stoflow.resources.products.fields.groups import Group, group_key
from stoflow.resources.products.fields.mapping import Mapped
from stoflow.resources.products.fields.matching import FIELDS
from stoflow.resources.products.fields.settling import existing, settle
from stoflow.resources.products.fields.survey import reading_of, surveyed
from stoflow.resources.products.files.rows import RejectedRow, Row, column_names, read_rows

SHOWN_CHARACTERS = 200
NO_KEY = " "  # no key begins so: several rows may stand in one line
OPEN_GROUPS = 1_000  # rows of one product may be mixed with rows of this many others


@dataclass(frozen=True, slots=True)
class ReadProduct:
    """A product with the line it begins on; `currency_assumed` where neither price nor column nor `--map` names one.

    `named` are the fields that the file says something of: an empty cell says nothing.
    """

    line: int
    product: NewProduct
    named: frozenset[str]
    currency_assumed: bool = False


@dataclass(frozen=True, slots=True)
class ProductFile:
    """A file of products: its columns, and its products and rejected rows, read once, as they are asked for."""

    columns: Columns
    items: Iterator[ReadProduct | RejectedRow]

    @property
    def mapping(self) -> Mapping[str, tuple[str, ...]]:
        """Return the columns that fill each field, or "=value" for one that stands for every row."""
        given = {name: (f"={value}",) for name, value in self.columns.constants.items()}
        found = {**self.columns.by_field, **given}
        return {name: found[name] for name in FIELDS if found.get(name)}


def read_products(
    path: Path, *, mapping: Mapped, group_by: str | None = None, currency: str = "", decimal: str = ""
) -> Iterator[ReadProduct | RejectedRow]:
    """Yield what `open_products` finds in the file."""
    return open_products(path, mapping=mapping, group_by=group_by, currency=currency, decimal=decimal).items


def open_products(
    path: Path, *, mapping: Mapped, group_by: str | None = None, currency: str = "", decimal: str = ""
) -> ProductFile:
    """Find each product of a file, and each row that is none with the reason.

    Rows with the same value in the column `group_by`, or in that of the tool that wrote the file, are one product: its
    photos are gathered, and of its variants one is taken and the others are named. Without such a column, rows that
    repeat one id with nothing new but the photo are taken together. Memory stays bounded: at most 1,000 products are
    open at once, and a row that comes back later than that is rejected, not doubled.

    `currency` is of prices that name none, `decimal` ("comma" or "dot") for numbers that can be read in two ways.
    InputError where the file cannot be read, or no title or price can be found in it.
    """
    names = column_names(path)
    columns = settle(names, mapping)
    if group_by:
        columns = replace(columns, keys=(("", (existing(group_by, names),)),), marks={**columns.marks, PARENT: ()})
    reading = surveyed(lambda: read_rows(path), columns, reading_of(currency, decimal))
    return ProductFile(columns, _products(read_rows(path), _Gathering(columns, reading)))


def _products(rows: Iterator[Row | RejectedRow], gathering: "_Gathering") -> Iterator[ReadProduct | RejectedRow]:
    for row in rows:
        if isinstance(row, RejectedRow):
            yield row
        else:
            yield from gathering.take(row)
    yield from gathering.rest()


@dataclass(slots=True)
class _Gathering:
    """The products that are still open, by what their rows share."""

    columns: Columns
    reading: Reading
    groups: OrderedDict[str, Group] = field(default_factory=OrderedDict[str, Group])
    closed: set[int] = field(default_factory=set[int])  # hashes only: a few bytes for each product of the file
    last: str = ""
    rows: Iterator[int] = field(default_factory=count)

    def take(self, row: Row) -> Iterator[ReadProduct | RejectedRow]:
        """Take a row in; yield what is known by it: its rejection, or a product that ended."""
        if self.columns.is_help(row.values):
            return
        kind = self.columns.left_out_as(row.values)
        if kind:
            yield RejectedRow(row.line, f"The row is no product to sell but “{kind}”.")
            return
        yield from self._gather(row)
        if len(self.groups) > OPEN_GROUPS:
            ended, group = self.groups.popitem(last=False)
            if group.is_keyed:
                self.closed.add(hash(ended))
            yield self._product(group)

    def rest(self) -> Iterator[ReadProduct | RejectedRow]:
        yield from map(self._product, self.groups.values())

    def _gather(self, row: Row) -> Iterator[RejectedRow]:
        key, is_child = group_key(self.columns, row)
        if not key and self.last and self.columns.marked(row.values, FOLLOWS):
            key, is_child = self.last, True
        alike = "" if key else self._same_but_for_photos(row)
        self.last = key or alike or f"{NO_KEY}{next(self.rows)}"
        if hash(self.last) in self.closed:
            yield RejectedRow(row.line, "The row repeats a product that ended long before: sort the file by product.")
            return
        group = self.groups.setdefault(self.last, Group(row.line, is_keyed=bool(key or alike)))
        if alike:
            group.add_photos(row, self.columns)
            return
        left_out = group.add(row, self.columns, is_child=is_child)
        if left_out:
            yield left_out

    def _same_but_for_photos(self, row: Row) -> str:
        reference = values.text(self.columns.value(row.values, "external_id"))
        photos = self.columns.by_field.get("images", ())
        rest = repr([value for name, value in row.values.items() if name not in photos])
        return f"{reference} {hash(rest)}" if reference else ""

    def _product(self, group: Group) -> ReadProduct | RejectedRow:
        cells = group.values()
        choices = self.columns.options.choices(cells)
        if choices:
            reason = f"The row stands for several variants ({choices}), and a product has one: write a row for each."
            return RejectedRow(group.line, reason, "size")
        try:
            product, assumed = product_of(Record(self.columns, cells, group.ordered_photos(), self.reading))
        except BadField as error:
            column = self.columns.column_of(cells, error.field)
            value = str(cells.get(column) or "")[:SHOWN_CHARACTERS]
            return RejectedRow(group.line, str(error), error.field, column, value)
        product = replace(product, category=category_of(self.columns, cells, product))
        return ReadProduct(group.line, product, self._named(product, cells, assumed=assumed), assumed)

    def _named(self, product: NewProduct, cells: Mapping[str, Any], *, assumed: bool) -> frozenset[str]:
        has_quantity = not is_empty(self.columns.value(cells, "quantity"))
        unsaid = ({"currency"} if assumed else set()) | (set() if has_quantity else {"quantity"})
        return frozenset(name for name in FIELDS if getattr(product, name) not in ("", (), None)) - unsaid
