"""What a cell says of a price, and the amount it is once its currency and its column are known."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stoflow.resources.products.fields.currencies import currencies, currencies_of
from stoflow.resources.products.fields.errors import BadValue
from stoflow.resources.products.fields.numbers import (
    MAX_CHARACTERS,
    Amount,
    Number,
    SignOf,
    exact,
    normal,
    other,
    read_number,
)
from stoflow.resources.products.fields.text import decode_entities
from stoflow.resources.products.fields.values import settled

CENT = Decimal("0.01")
MAX_PRICE = Decimal(1_000_000)
USUAL_DECIMALS = 2
PRICE = re.compile(
    r"(?P<before>[^\d]*?)"
    r"(?P<number>(?:(?<![^\W\d_])[.,])?\d(?:[\d.,'\u066b ]*\d)?)"  # the dot of "Rs.100" is the word's
    r"(?P<flat>\s?[.,:]\s?-{1,2}|[.,])?"  # the dash of "12,-" and "12:-" stands for no cents
    r"(?P<after>[^\d]*)"
)
SIGN_BETWEEN = re.compile(r"(?P<whole>\d+) ?(?P<sign>[€£$]) ?(?P<cents>\d\d)")  # as France writes 12€50
RANGE = re.compile(r"\d[^\d]{0,5}(?:-|\b(?:to|bis|tot|a|à|do)\b)[^\d]{0,5}\d")


@dataclass(frozen=True, slots=True)
class WrittenPrice:
    """A price as its cell has it: the number, and the currencies that the sign beside it may stand for."""

    written: str
    number: Number
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettledCurrency:
    """The currency of a price; `is_assumed` where nobody named it."""

    code: str
    is_assumed: bool = False


def read_price(value: Any) -> WrittenPrice:
    """Return what "12,50 €", "$1,234.00", "EUR 12.-" or a number says; BadValue where it is no single price."""
    number = exact(value.value if isinstance(value, Amount) else value)
    if number:
        beside = _known(value.currency) if isinstance(value, Amount) else ()
        return _priced(WrittenPrice(str(value), number, beside))
    written = normal(decode_entities(str(value)))
    between = SIGN_BETWEEN.fullmatch(written)
    if between:
        number = Number(Decimal(f"{between['whole']}.{between['cents']}"))
        return _priced(WrittenPrice(written, number, currencies_of(between["sign"])))
    match = PRICE.fullmatch(written) if len(written) <= MAX_CHARACTERS and isinstance(value, str) else None
    number = read_number(match["number"]) if match else None
    if match is None or number is None:
        reason = "is a range, not one price" if RANGE.search(written[:MAX_CHARACTERS]) else "is not a price"
        raise BadValue(f'"{written[:40]}" {reason}.')
    before = _without_sign(match["before"], written)
    return _priced(WrittenPrice(written, number, _named_beside(before, match["after"].strip())))


def settle_price(price: WrittenPrice, currency: SettledCurrency, sign_of: SignOf, *, decimal: str = "") -> Decimal:
    """Return the amount; BadValue where the number can be read in two ways and neither sign nor column says which.

    `decimal` is the sign that the person who runs the import names.
    """
    number = price.number
    if decimal or not number.in_doubt:
        return _kept(settled(number, decimal, price.written), currency)
    sign = sign_of(currency.code)
    if sign == number.sign and not _fits(number, currency.code):
        raise BadValue(_against_its_column(price, currency.code))
    return _kept(settled(number, sign or likely_sign(price, currency), price.written), currency)


def likely_sign(price: WrittenPrice, currency: SettledCurrency) -> str:
    """Return the decimal sign that a number in doubt must have because of its currency, "" where that says nothing.

    An amount has at most its currency's decimals: "1.299 €" are thousands, also where a column names the euro. "1.500"
    is so with the sign beside it only, as a person writes; a program may fill up decimals with noughts.
    """
    number = price.number
    if decimals_of(currency.code) > USUAL_DECIMALS or not number.in_doubt:
        return ""
    is_named = bool(price.beside) or (not currency.is_assumed and not _fits(number, currency.code))
    return other(number.sign) if is_named else ""


def decimals_of(code: str) -> int:
    known = currencies().get(code)
    return known.decimals if known else USUAL_DECIMALS


def _fits(number: Number, code: str) -> bool:
    """Say whether the decimal reading is an amount of the currency: 1.5 euro is, 1.299 euro is not."""
    decimals = max(decimals_of(code), USUAL_DECIMALS)
    return number.as_decimal is not None and number.as_decimal == round(number.as_decimal, decimals)


def _kept(amount: Decimal, currency: SettledCurrency) -> Decimal:
    kept = amount.quantize(CENT, ROUND_HALF_UP)
    if kept != amount and decimals_of(currency.code) > USUAL_DECIMALS:
        raise BadValue(f"{amount} {currency.code} has three decimals where StoFlow keeps two.")
    if not 0 < kept <= MAX_PRICE:
        raise BadValue(f"A price of {amount} is not between 0.01 and {MAX_PRICE:,}.")
    return kept


def _priced(price: WrittenPrice) -> WrittenPrice:
    if price.number.value <= 0:
        raise BadValue(f"A price of {price.written[:40]} is not between 0.01 and {MAX_PRICE:,}.")
    return price


def _without_sign(before: str, written: str) -> str:
    bare = before.strip().removeprefix("+").strip()
    if bare.startswith("-") or bare.endswith("-"):
        raise BadValue(f"A price of {written[:40]} is not between 0.01 and {MAX_PRICE:,}.")
    return bare.removesuffix("+").strip()


def _named_beside(before: str, after: str) -> tuple[str, ...]:
    """Return what the words on both sides may stand for: "$12 CAD" is Canadian."""
    named = [_known(words) for words in (before, after) if words]
    common = tuple(code for code in named[0] if code in named[-1]) if named else ()
    if named and not common:
        raise BadValue(f'"{before}" and "{after}" beside the price are two currencies.')
    return common


def _known(words: str) -> tuple[str, ...]:
    codes = currencies_of(words)
    if not codes:
        raise BadValue(f'"{words[:40]}" beside the price is not a currency StoFlow knows.')
    return codes


def _against_its_column(price: WrittenPrice, code: str) -> str:
    number = price.number
    return (
        f'"{price.written[:40]}" reads as {number.as_decimal} as its column writes, which is no amount of {code}, '
        f"and as {number.value} otherwise: write its decimals, or give the option decimal, comma or dot."
    )
