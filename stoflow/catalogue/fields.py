"""The values of one record made into a product, or the first field that does not allow it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from stoflow.catalogue import values
from stoflow.catalogue.columns import Columns, is_empty
from stoflow.catalogue.values import BadValue
from stoflow.catalogue.words import SOURCE_CURRENCIES, YES, plain
from stoflow.domain.product import NewProduct, ProductImage

Value = TypeVar("Value")

MAX_TITLE_CHARACTERS = 500  # what the table of products holds
MAX_WORD_CHARACTERS = 255
MAX_DESCRIPTION_CHARACTERS = 50_000
MAX_WORDS = 20
MAX_PHOTOS = 50
DEFAULT_CURRENCY = "EUR"


class BadField(Exception):
    """A field of a record cannot be what it has to be; the message is for the person who wrote the file."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class Record:
    """One product as the file has it: its raw values and the photos it names."""

    columns: Columns
    values: Mapping[str, Any]
    photos: tuple[str, ...] = ()

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
    title = " ".join(record.read("title", _text(MAX_TITLE_CHARACTERS), "").split())
    if not title:
        raise BadField("title", "The title is empty.")
    price, beside = record.read("price", values.money, (Decimal(0), ""))
    if not price:
        raise BadField("price", "The price is empty.")
    currency = record.read("currency", values.currency, "") or beside or _source_currency(record)
    word = _text(MAX_WORD_CHARACTERS)
    product = NewProduct(
        title=title,
        description=record.read("description", _text(MAX_DESCRIPTION_CHARACTERS), ""),
        price=price,
        currency=currency or DEFAULT_CURRENCY,
        category=record.read("category", word, ""),
        brand=record.read("brand", word, ""),
        condition=record.read("condition", values.condition, None) if _has(record, "condition") else _flagged(record),
        size=record.read("size", word, ""),
        colors=record.read("colors", _words, ()),
        materials=record.read("materials", _words, ()),
        gender=record.read("gender", lambda value: values.gender(word(value)), ""),
        season=record.read("season", word, ""),
        fit=record.read("fit", word, ""),
        quantity=record.read("quantity", values.quantity, 1),
        who_made=record.read("who_made", word, ""),
        when_made=record.read("when_made", word, ""),
        images=_images(record.photos),
        sku=record.read("sku", word, ""),
        external_id=record.read("external_id", word, ""),
    )
    return product, not currency


def _text(limit: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        written = values.text(value) if limit <= MAX_TITLE_CHARACTERS else str(value)
        return _storable(written.strip(), limit)

    return read


def _storable(written: str, limit: int) -> str:
    if "\x00" in written or any("\ud800" <= character <= "\udfff" for character in written):
        raise BadValue("The text holds characters that cannot be stored.")
    if len(written) > limit:
        raise BadValue(f"The text has {len(written):,} characters where {limit:,} are allowed.")
    return written


def _words(value: Any) -> tuple[str, ...]:
    return tuple(_storable(word, MAX_WORD_CHARACTERS) for word in values.words(value)[:MAX_WORDS])


def _images(photos: Iterable[str]) -> tuple[ProductImage, ...]:
    kept = [photo for photo in photos if "\x00" not in photo][:MAX_PHOTOS]
    return tuple(ProductImage(position, path) for position, path in enumerate(kept, start=1))


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
