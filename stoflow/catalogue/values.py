"""One cell of somebody's file read as a price, a list, a condition, a number."""

import html
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, cast

from stoflow.catalogue.rows import literal
from stoflow.catalogue.words import meanings, plain

CENT = Decimal("0.01")
MAX_PRICE = Decimal(1_000_000)
MAX_QUANTITY = 10_000
BEST_NOTE = 10
NAME_KEYS = ("name", "title", "value", "url", "src", "path", "full_size_url", "href")
THOUSANDS_DIGITS = 3
PRICE = re.compile(
    r"(?P<before>[^\d.,+-]*)(?P<number>[+-]?\s?[\d.,' ]*\d(?:[.,]-)?(?:e[+-]?\d+)?)(?P<after>\D*)", re.IGNORECASE
)
# A comma parts photos only before an address or after the ending of a file: a path may hold one.
BETWEEN_PHOTOS = re.compile(r"\s*[|;\n]\s*|\s*,\s*(?=https?://)|(?:(?<=\.jpg|\.png|\.gif)|(?<=\.jpeg|\.webp))\s*,\s*")


class BadValue(Exception):
    """The cell does not hold what its field needs; the message is for the person who wrote the file."""


def text(value: Any) -> str:
    """Return the words of a cell; of a list or object the names in it, joined."""
    return " / ".join(part for part in (_name(item) for item in _items(value)) if part)


def words(value: Any) -> tuple[str, ...]:
    """Return the words of a list: a real one, a written one, or words between commas, semicolons, slashes."""
    parts: list[str] = []
    for item in _items(value):
        parts += re.split(r"\s*[,;|/]\s*|\s+(?:and|et|en|und|&)\s+", _name(item))
    return tuple(dict.fromkeys(part for part in parts if part))


def links(value: Any) -> tuple[str, ...]:
    """Return the photos a cell names."""
    parts: list[str] = []
    for item in _items(value):
        parts += BETWEEN_PHOTOS.split(_name(item))
    return tuple(dict.fromkeys(part for part in parts if part))


def money(value: Any) -> tuple[Decimal, str]:
    """Return (amount, currency or "") of "12,50 €", "$1,234.00", "EUR 45" or a number."""
    written = html.unescape(str(value)).replace("\u00a0", " ").replace("\u202f", " ").strip()
    match = PRICE.fullmatch(written)
    if match is None or isinstance(value, bool):
        raise BadValue(f'"{written[:40]}" is not a price.')
    amount = _decimal(match["number"])
    if not 0 < amount <= MAX_PRICE:
        raise BadValue(f"A price of {written[:40]} is not between 0.01 and {MAX_PRICE:,}.")
    return amount.quantize(CENT, ROUND_HALF_UP), _currency_beside(match["before"], match["after"])


def currency(value: Any) -> str:
    """Return the ISO 4217 code of a currency's name or sign."""
    written = text(value)
    code = meanings("currency").get(written.lower())
    if code is None:
        raise BadValue(f'"{written[:40]}" is not a currency StoFlow knows.')
    return code


def condition(value: Any) -> int | None:
    """Return the note from 0 to 10 of a number or of a marketplace's word, None where the word is unknown."""
    written = text(value)
    number = re.fullmatch(r"(\d{1,2})(?:\.0)?(?:\s*/\s*10)?", written)
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


def quantity(value: Any) -> int:
    try:
        number = Decimal(text(value))
    except InvalidOperation:
        number = Decimal(-1)
    if number != number.to_integral_value() or not 1 <= number <= MAX_QUANTITY:
        raise BadValue(f"A quantity of {text(value)[:40]} is not a whole number from 1 to {MAX_QUANTITY:,}.")
    return int(number)


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


def _decimal(number: str) -> Decimal:
    digits = re.sub(r"[' ]", "", number).removesuffix("-").rstrip(".,")
    last = max(digits.rfind(","), digits.rfind("."))
    if last >= 0:
        sign, tail = digits[last], digits[last + 1 :]
        grouped = digits.count(sign) > 1 or (sign == "," and len(tail) == THOUSANDS_DIGITS and "." not in digits)
        whole = re.sub(r"[.,]", "", digits[:last])
        digits = f"{whole}{tail}" if grouped else f"{whole}.{tail}"
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise BadValue(f'"{number}" is not a price.') from None


def _currency_beside(before: str, after: str) -> str:
    for beside in (before, after):
        written = beside.strip().lower()
        if written:
            codes = meanings("currency")
            code = codes.get(written) or codes.get(written.rstrip("."))
            if code is None:
                raise BadValue(f'"{written[:40]}" beside the price is not a currency StoFlow knows.')
            return code
    return ""
