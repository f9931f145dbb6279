"""One cell of somebody's file read as a price, a list, a condition, a number."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

from stoflow.domain.product import MOST_PIECES
from stoflow.resources.products.fields.currencies import currencies_of
from stoflow.resources.products.fields.errors import BadValue
from stoflow.resources.products.fields.numbers import MAX_CHARACTERS, Number, SignOf, exact, normal, read_number
from stoflow.resources.products.fields.text import clean_line
from stoflow.resources.products.fields.words import meanings, plain
from stoflow.resources.products.files.rows import LISTS, literal

BEST_NOTE = 10
NAME_KEYS = ("name", "title", "value", "url", "src", "path", "full_size_url", "href")
# A comma or a space parts photos only before an address, a comma after the ending of a file too: a path may hold one.
# What is around a mark is stripped, not matched: many spaces, tried from each of them, took minutes.
BETWEEN_PHOTOS = re.compile(
    r"[|;\n]|,\s*(?=https?://)|\s(?=https?://)|(?:(?<=\.jpg|\.png|\.gif)|(?<=\.jpeg|\.webp|\.heic|\.avif))\s*,",
    re.IGNORECASE,
)
BETWEEN_WORDS = re.compile(r"[,;|/]|\s(?:and|et|en|und|&)(?=\s)")


def text(value: Any) -> str:
    """Return the words of a cell; of a list or object the names in it, joined."""
    if isinstance(value, str) and not (written := value.strip()).startswith(LISTS):
        return written
    return " / ".join(names(value))


def names(value: Any) -> tuple[str, ...]:
    """Return the names in a cell that is a list or may be one; of a plain cell its words."""
    return tuple(name for name in map(_name, _items(value)) if name)


def words(value: Any) -> tuple[str, ...]:
    """Return the words of a list: a real one, a written one, or words between commas, semicolons, slashes."""
    parts: list[str] = []
    for name in names(value):
        parts += map(str.strip, BETWEEN_WORDS.split(clean_line(name)))
    return tuple(dict.fromkeys(part for part in parts if part))


def links(value: Any) -> tuple[str, ...]:
    """Return the photos a cell names."""
    parts: list[str] = []
    for item in _items(value):
        parts += map(str.strip, BETWEEN_PHOTOS.split(_name(item)))
    return tuple(dict.fromkeys(part for part in parts if part))


def currency(value: Any) -> tuple[str, ...]:
    """Return the ISO 4217 codes that a currency's name or sign may stand for: several for "$"."""
    written = clean_line(text(value))
    codes = currencies_of(written)
    if not codes:
        raise BadValue(f'"{written[:40]}" is not a currency StoFlow knows.')
    return codes


def condition(value: Any) -> int | None:
    """Return the note from 0 to 10 of a number or of a marketplace's word, None where the word is unknown."""
    written = clean_line(text(value))
    number = re.fullmatch(r"(\d{1,2})(?:[.,]0)?(?:\s*/\s*10)?", written)
    if number:
        note = int(number[1])
        return note if note <= BEST_NOTE else None
    known = plain(written)
    notes = meanings("condition")
    found = notes.get(known) or notes.get(known.removesuffix(" condition").removesuffix(" state"))
    return int(found) if found else None


def gender(value: Any) -> str:
    """Return StoFlow's own word where it is known, else the seller's."""
    written = text(value)
    return meanings("gender").get(plain(written), written)


def quantity(value: Any, sign_of: SignOf) -> int:
    """Return a whole number of things, which may be none: "2", "2.0", "1 000"."""
    number = written_quantity(value)
    sign = sign_of("") if number.in_doubt else ""  # asking costs another reading of the file
    amount = settled(number, sign, text(value))
    if amount != amount.to_integral_value() or not 0 <= amount <= MOST_PIECES:
        raise BadValue(_no_quantity(value))
    return int(amount)


def written_quantity(value: Any) -> Number:
    """Return the number that a cell of quantities holds."""
    written = normal(text(value))
    number = exact(value) or (read_number(written) if len(written) <= MAX_CHARACTERS else None)
    if number is None:
        raise BadValue(_no_quantity(value))
    return number


def settled(number: Number, sign: str, written: str) -> Decimal:
    """Return what a number says in a column whose decimal sign is `sign`; BadValue where that does not tell."""
    if number.as_decimal is None:
        return number.value
    if not sign:
        raise BadValue(two_readings(number, written))
    return number.as_decimal if sign == number.sign else number.value


def two_readings(number: Number, written: str) -> str:
    """Return that a number can be read in two ways, and what to do about it."""
    return (
        f'"{written[:40]}" can be read as {number.value} or as {number.as_decimal}, and its column does not say which: '
        "write its decimals, or give the option decimal, comma or dot."
    )


def _no_quantity(value: Any) -> str:
    return f"A quantity of {text(value)[:40]} is not a whole number from 0 to {MOST_PIECES:,}."


def _items(value: Any) -> Iterator[Any]:
    read = literal(value.strip()) if isinstance(value, str) else value
    if isinstance(read, list | tuple | set):
        yield from cast("list[Any]", read)
    elif read is not None:
        yield read


def _name(item: Any) -> str:
    if isinstance(item, dict):
        named = cast("dict[str, Any]", item)
        return next((str(named[key]).strip() for key in NAME_KEYS if named.get(key)), "")
    return "" if item is None else str(item).strip()
