"""A file of somebody else's products, read row by row into products or into reasons why not."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stoflow.catalogue import values
from stoflow.catalogue.columns import FIELDS, Columns, Mapped, existing, is_empty, settle
from stoflow.catalogue.fields import BadField, Reading, Record, product_of
from stoflow.catalogue.rows import RejectedRow, Row, column_names, read_rows
from stoflow.catalogue.survey import reading_of, surveyed
from stoflow.domain.product import NewProduct

SHOWN_CHARACTERS = 200
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


@dataclass(slots=True)
class _Group:
    """The rows of one product so far: the first value of each column, and all photos."""

    line: int
    is_named: bool
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    photos: dict[str, None] = field(default_factory=dict[str, None])


def read_products(
    path: Path, *, mapping: Mapped, group_by: str | None = None, currency: str = "", decimal: str = ""
) -> Iterator[ReadProduct | RejectedRow]:
    """Yield what `open_products` finds in the file."""
    return open_products(path, mapping=mapping, group_by=group_by, currency=currency, decimal=decimal).items


def open_products(
    path: Path, *, mapping: Mapped, group_by: str | None = None, currency: str = "", decimal: str = ""
) -> ProductFile:
    """Find each product of a file, and each row that is none with the reason.

    Rows with the same value in the column `group_by` are one product, its photos in the order of the rows. Without
    it, rows that repeat one id with nothing new but the photo are taken together too. Memory stays bounded: at most
    1,000 products are open at once, and a row that comes back later than that is rejected, not doubled.

    `currency` is of prices that name none, `decimal` ("comma" or "dot") for numbers that can be read in two ways.
    InputError where the file cannot be read, or no title or price can be found in it.
    """
    names = column_names(path)
    columns = settle(names, mapping)
    reading = surveyed(lambda: read_rows(path), columns, reading_of(currency, decimal))
    key = _group_key(existing(group_by, names) if group_by else None, columns)
    return ProductFile(columns, _products(read_rows(path), columns, key, reading))


def _products(
    rows: Iterator[Row | RejectedRow], columns: Columns, key: Callable[[Row], str], reading: Reading
) -> Iterator[ReadProduct | RejectedRow]:
    open_groups: OrderedDict[str, _Group] = OrderedDict()
    closed: set[int] = set()  # hashes only: a few bytes for each product of the file that has a name
    for row in rows:
        if isinstance(row, RejectedRow):
            yield row
            continue
        name = key(row)
        if name and hash(name) in closed:
            yield RejectedRow(row.line, "The row repeats a product that ended long before: sort the file by product.")
            continue
        _add(open_groups.setdefault(name or f"line {row.line}", _Group(row.line, bool(name))), row, columns)
        if len(open_groups) > OPEN_GROUPS:
            ended, group = open_groups.popitem(last=False)
            if group.is_named:
                closed.add(hash(ended))
            yield _product(group, columns, reading)
    for group in open_groups.values():
        yield _product(group, columns, reading)


def _group_key(group_by: str | None, columns: Columns) -> Callable[[Row], str]:
    if group_by:
        return lambda row: values.text(row.values.get(group_by, ""))
    photos = set(columns.by_field.get("images", ()))

    def same_but_for_photos(row: Row) -> str:
        reference = values.text(columns.value(row.values, "external_id"))
        rest = repr([value for name, value in row.values.items() if name not in photos])
        return f"{reference} {hash(rest)}" if reference else ""

    return same_but_for_photos


def _add(group: _Group, row: Row, columns: Columns) -> None:
    for name, value in row.values.items():
        if is_empty(group.values.get(name)):
            group.values[name] = value
    group.photos.update(dict.fromkeys(values.links(columns.value(row.values, "images"))))


def _product(group: _Group, columns: Columns, reading: Reading) -> ReadProduct | RejectedRow:
    record = Record(columns, group.values, tuple(group.photos), reading)
    try:
        product, currency_assumed = product_of(record)
    except BadField as error:
        column = columns.column_of(group.values, error.field)
        value = str(group.values.get(column) or "")[:SHOWN_CHARACTERS]
        return RejectedRow(group.line, str(error), error.field, column, value)
    has_quantity = not is_empty(columns.value(group.values, "quantity"))
    unsaid = ({"currency"} if currency_assumed else set()) | (set() if has_quantity else {"quantity"})
    named = {name for name in FIELDS if getattr(product, name) not in ("", (), None)} - unsaid
    return ReadProduct(group.line, product, frozenset(named), currency_assumed)
