"""The values of one record made into a product, or the first field that does not allow it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from stoflow.domain.product import NewProduct, ProductImage
from stoflow.resources.products.fields import values
from stoflow.resources.products.fields.columns import Columns, is_empty
from stoflow.resources.products.fields.currencies import assumed_of
from stoflow.resources.products.fields.errors import BadValue
from stoflow.resources.products.fields.prices import SettledCurrency, WrittenPrice, read_price, settle_price
from stoflow.resources.products.fields.text import clean_line, clean_text, composed
from stoflow.resources.products.fields.words import SOURCE_CURRENCIES, YES, plain

Value = TypeVar("Value")

MAX_TITLE_CHARACTERS = 500  # what the table of products holds
MAX_WORD_CHARACTERS = 255
MAX_DESCRIPTION_CHARACTERS = 50_000
MAX_WORDS = 100
MAX_PHOTOS = 250  # as many as a product of Shopify's may have
DEFAULT_CURRENCY = "EUR"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class BadField(Exception):
    """A field of a record cannot be what it has to be; the message is for the person who wrote the file."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def says_nothing(_field: str, _currency: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the numbers of a file are read: by what the person who imports it says, then by what its columns say.

    `currency` is of prices that name none, `decimal` the decimal sign of numbers that can be read in two ways,
    `sign_of` the decimal sign that the column of a field uses for a currency, "" where its numbers do not tell.
    """

    currency: str = ""
    decimal: str = ""
    sign_of: Callable[[str, str], str] = says_nothing


@dataclass(frozen=True, slots=True)
class Record:
    """One product as the file has it: its raw values and the photos it names."""

    columns: Columns
    values: Mapping[str, Any]
    photos: tuple[str, ...] = ()
    reading: Reading = Reading()

    def read(self, field: str, parse: Callable[[Any], Value], default: Value) -> Value:
        value = self.columns.value(self.values, field)
        if is_empty(value):
            return default
        try:
            return parse(value)
        except BadValue as error:
            raise BadField(field, str(error)) from None


def product_of(record: Record) -> tuple[NewProduct, bool]:
    """Return the product and whether its currency is only assumed; BadField where a value does not allow it."""
    title = record.read("title", _line(MAX_TITLE_CHARACTERS), "")
    if not title:
        raise BadField("title", "The title is empty.")
    price, currency = _price(record)
    word = _line(MAX_WORD_CHARACTERS)
    product = NewProduct(
        title=title,
        description=record.read("description", _description, ""),
        price=price,
        currency=currency.code,
        category=record.read("category", word, ""),
        brand=record.read("brand", word, ""),
        condition=record.read("condition", values.condition, None) if _has(record, "condition") else _flagged(record),
        size=record.read("size", word, ""),
        colors=record.read("colors", _words, ()),
        materials=record.read("materials", _words, ()),
        gender=record.read("gender", lambda value: values.gender(word(value)), ""),
        season=record.read("season", word, ""),
        fit=record.read("fit", word, ""),
        quantity=_quantity(record),
        who_made=record.read("who_made", word, ""),
        when_made=record.read("when_made", word, ""),
        images=_images(record.photos),
        sku=record.read("sku", _key, ""),
        external_id=record.read("external_id", _key, ""),
    )
    return product, currency.is_assumed


def written_price(record: Record) -> WrittenPrice:
    """Return the price as it is written; BadField where there is none or it is none."""
    price = record.read("price", read_price, None)
    if price is None:
        raise BadField("price", "The price is empty.")
    return price


def settled_currency(record: Record, price: WrittenPrice) -> SettledCurrency:
    """Return the currency by cell and currency column, which must agree, then by the file, then by the person."""
    column = record.read("currency", values.currency, ())
    named = (
        tuple(code for code in price.beside if code in column) if column and price.beside else column or price.beside
    )
    if column and price.beside and not named:
        said = f"The price is in {' or '.join(price.beside)} and the currency column says {' or '.join(column)}."
        raise BadField("currency", said)
    elsewhere = (record.columns.currency, _source_currency(record), record.reading.currency)
    known = next((code for code in elsewhere if code and (not named or code in named)), "")
    if len(named) == 1 or known:
        return SettledCurrency(named[0] if len(named) == 1 else known)
    return SettledCurrency(_assumed(named), is_assumed=True)


def _assumed(named: tuple[str, ...]) -> str:
    code = assumed_of(named) if named else DEFAULT_CURRENCY
    if not code:
        listed = f"{', '.join(named[:-1])} or {named[-1]}"
        raise BadField(
            "currency", f"The price may be in {listed}: name one in a column of currencies or by the option currency."
        )
    return code


def _price(record: Record) -> tuple[Decimal, SettledCurrency]:
    price = written_price(record)
    currency, reading = settled_currency(record, price), record.reading

    def sign_of(code: str) -> str:
        return reading.sign_of("price", code)

    try:
        return settle_price(price, currency, sign_of, decimal=reading.decimal), currency
    except BadValue as error:
        raise BadField("price", str(error)) from None


def _quantity(record: Record) -> int:
    reading = record.reading

    def sign_of(code: str) -> str:
        return reading.decimal or reading.sign_of("quantity", code)

    return record.read("quantity", lambda value: values.quantity(value, sign_of), 1)


def _line(limit: int) -> Callable[[Any], str]:
    return lambda value: _within(limit, clean_line(_storable(values.text(value))))


def _description(value: Any) -> str:
    return _within(MAX_DESCRIPTION_CHARACTERS, clean_text(_storable(str(value))))


def _key(value: Any) -> str:
    """Return the seller's own key, which is no text: "0017" and "A&amp;B" are kept as they are."""
    return _within(MAX_WORD_CHARACTERS, composed(_storable(values.text(value))))


def _storable(written: str) -> str:
    if UNSTORABLE.search(written):
        raise BadValue("The text holds characters that cannot be stored.")
    return written


def _within(limit: int, written: str) -> str:
    if len(written) > limit:
        raise BadValue(f"The text has {len(written):,} characters where {limit:,} are allowed.")
    return written


def _words(value: Any) -> tuple[str, ...]:
    found = values.words([_storable(item) for item in values.names(value)])
    if len(found) > MAX_WORDS:
        raise BadValue(f"The cell lists {len(found):,} words where {MAX_WORDS} are allowed.")
    return tuple(_within(MAX_WORD_CHARACTERS, word) for word in found)


def _images(photos: Iterable[str]) -> tuple[ProductImage, ...]:
    named = tuple(photos)
    if any("\x00" in photo for photo in named):
        raise BadField("images", "The name of a photo holds characters that no file has.")
    if len(named) > MAX_PHOTOS:
        raise BadField("images", f"The product names {len(named):,} photos where {MAX_PHOTOS} are allowed.")
    return tuple(ProductImage(position, path) for position, path in enumerate(named, start=1))


def _has(record: Record, field: str) -> bool:
    return not is_empty(record.columns.value(record.values, field))


def _flagged(record: Record) -> int | None:
    """Return the note of the first grade whose own column says yes."""
    for column in record.columns.condition_flags:
        if plain(str(record.values.get(column, ""))) in YES:
            return values.condition(column)
    return None


def _source_currency(record: Record) -> str:
    sources = (plain(values.text(record.values.get(column, ""))) for column in record.columns.sources)
    return next((SOURCE_CURRENCIES[source] for source in sources if source in SOURCE_CURRENCIES), "")
