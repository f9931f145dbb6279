"""One cell of somebody's file read as a price, a list, a condition, a number."""

import html
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, cast

from stoflow.catalogue.rows import literal
from stoflow.catalogue.words import CONDITIONS, CURRENCIES, GENDERS, plain

CENT = Decimal("0.01")
MAX_PRICE = Decimal(1_000_000)
MAX_QUANTITY = 10_000
BEST_NOTE = 10
NAME_KEYS = ("name", "title", "value", "url", "src", "path", "full_size_url", "href")
THOUSANDS_DIGITS = 3


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
    """Return the photos a cell names. A comma parts them only before an address or after a file name: paths may hold one."""
    parts: list[str] = []
    for item in _items(value):
        parts += re.split(r"\s*[|;\n]\s*|\s*,\s*(?=https?://)|(?<=\.jpg|\.png|\.gif)\s*,\s*|(?<=\.jpeg|\.webp)\s*,\s*", _name(item))
    return tuple(dict.fromkeys(part for part in parts if part))


def money(value: Any) -> tuple[Decimal, str]:
    """Return (amount, currency or "") of "12,50 €", "$1,234.00", "EUR 45" or a number."""
    written = html.unescape(str(value)).replace("\u00a0", " ").replace("\u202f", " ").strip()
    match = re.fullmatch(r"(?P<before>[^\d.,+-]*)(?P<number>[+-]?\s?[\d.,' ]*\d(?:[.,]-)?(?:e[+-]?\d+)?)(?P<after>[^\d]*)", written, re.IGNORECASE)
    if match is None or isinstance(value, bool):
        message = f'"{written[:40]}" is not a price.'
        raise BadValue(message)
    amount = _decimal(match["number"])
    if not 0 < amount <= MAX_PRICE:
        message = f"A price of {written[:40]} is not between 0.01 and {MAX_PRICE:,}."
        raise BadValue(message)
    return amount.quantize(CENT, ROUND_HALF_UP), _currency_beside(match["before"], match["after"])


def currency(value: Any) -> str:
    """Return the ISO 4217 code of a currency's name or sign."""
    written = text(value)
    code = CURRENCIES.get(written.lower())
    if code is None:
        message = f'"{written[:40]}" is not a currency StoFlow knows.'
        raise BadValue(message)
    return code


def condition(value: Any) -> int | None:
    """Return the note from 0 to 10 of a number or of a marketplace's word, None where the word is unknown."""
    written = text(value)
    number = re.fullmatch(r"(\d{1,2})(?:\.0)?(?:\s*/\s*10)?", written)
    if number:
        note = int(number[1])
        return note if note <= BEST_NOTE else None
    known = plain(written)
    return CONDITIONS.get(known, CONDITIONS.get(known.removesuffix(" condition").removesuffix(" state")))


def gender(value: Any) -> str:
    """Return StoFlow's own word where it is known, else the seller's."""
    written = text(value)
    return GENDERS.get(plain(written), written)


def quantity(value: Any) -> int:
    try:
        number = Decimal(text(value))
    except InvalidOperation:
        number = Decimal(-1)
    if number != number.to_integral_value() or not 1 <= number <= MAX_QUANTITY:
        message = f"A quantity of {text(value)[:40]} is not a whole number from 1 to {MAX_QUANTITY:,}."
        raise BadValue(message)
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
        message = f'"{number}" is not a price.'
        raise BadValue(message) from None


def _currency_beside(before: str, after: str) -> str:
    for beside in (before, after):
        written = beside.strip().lower()
        if written:
            code = CURRENCIES.get(written) or CURRENCIES.get(written.rstrip("."))
            if code is None:
                message = f'"{written[:40]}" beside the price is not a currency StoFlow knows.'
                raise BadValue(message)
            return code
    return ""
