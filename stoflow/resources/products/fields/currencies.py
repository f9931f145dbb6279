"""Currencies: their codes, the signs people write for them, and how many decimals their amounts have."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stoflow.resources.products.fields.words import table


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 code. `shared` are signs that stand for others too; `assumed` those of them that mostly mean this."""

    code: str
    decimals: int
    words: tuple[str, ...]
    shared: tuple[str, ...]
    assumed: tuple[str, ...]


@cache
def currencies() -> Mapping[str, Currency]:
    """Return the currencies StoFlow knows by code."""
    return {row["currency"]: _currency(row) for row in table("currencies.csv")}


def currencies_of(written: str) -> tuple[str, ...]:
    """Return the codes a word or sign may stand for: several for "$" or "kr", none where it is not known."""
    return _codes_by_word().get(_plain(written), ())


def assumed_of(codes: tuple[str, ...]) -> str:
    """Return which of the codes their common sign mostly means, "" where nobody can say: a krona is of three."""
    return next((code for code in codes if currencies()[code].assumed), "")


@cache
def _codes_by_word() -> Mapping[str, tuple[str, ...]]:
    codes: dict[str, tuple[str, ...]] = {}
    for currency in currencies().values():
        for word in (*currency.words, *currency.shared):
            codes[word] = (*codes.get(word, ()), currency.code)
    return codes


def _plain(written: str) -> str:
    """Return "us$" for "US $:" and "fr" for "Fr."."""
    return "".join(unicodedata.normalize("NFKC", written).casefold().strip(" .:()[]").split())


def _currency(row: Mapping[str, str]) -> Currency:
    words, shared, assumed = (
        tuple(part for part in row[name].split("|") if part) for name in ("words", "shared", "assumed")
    )
    return Currency(row["currency"], int(row["decimals"]), words, shared, assumed)
