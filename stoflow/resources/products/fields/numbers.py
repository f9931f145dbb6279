"""Numbers as people write them: what each can stand for, and what the other rows of its column say about it."""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

COMMA, DOT = ",", "."
DECIMAL_SIGNS = {"comma": COMMA, "dot": DOT}
MAX_CHARACTERS = 100  # of a cell that holds one number
MAX_WHOLE_NUMBER = 10**15
ARABIC_DECIMAL = "\u066b"
GROUPING_ONLY = "'’‘ʼ´`＇\u066c"
DASHES = "‐‑‒–—―−﹣－"
FULL_WIDTH = {"．": DOT, "，": COMMA, "。": DOT}
GROUPED = re.compile(
    r"[1-9]\d{0,2}(?P<sign>[.,' ])\d{3}(?:(?P=sign)\d{3})*"
    r"|[1-9]\d?(?:,\d{2})+,\d{3}"  # as India writes 1,00,000
)
DECIMAL = re.compile(rf"(?P<whole>.*)(?P<sign>[.,{ARABIC_DECIMAL}])(?P<fraction>\d+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Number:
    """One number. `value` is what it says, or would say as a whole number of thousands where it is `in_doubt`.

    `sign` is the comma or dot that the number proves to be the column's decimal sign, or that it would have to be
    for the other reading, `as_decimal`. "" where the number says nothing about its column.
    """

    value: Decimal
    sign: str = ""
    as_decimal: Decimal | None = None

    @property
    def in_doubt(self) -> bool:
        return self.as_decimal is not None


@dataclass(frozen=True, slots=True)
class Amount:
    """A real number of a sheet or of JSON with the currency that stands beside it: it has one reading, as `exact`."""

    value: float | Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.value} {self.currency}"


@dataclass(slots=True)
class Signs:
    """The decimal signs that the numbers of a column use, for each currency ("" for none).

    `proven` are those of numbers with one reading; `likely` of those whose currency, written beside them, leaves one;
    `fitting` of those whose currency, as a column of its own names it, does. Who writes signs beside prices may write
    each currency as its country does; a column of bare numbers is written in one way.
    """

    proven: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    likely: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    fitting: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def of(self, currency: str) -> str:
        """Return the column's decimal sign, "" where its numbers say none or contradict each other."""
        everything = [set[str]().union(*kind.values()) for kind in (self.proven, self.likely, self.fitting)]
        for signs in (self.proven.get(currency), self.likely.get(currency), *everything):
            if signs:
                return next(iter(signs)) if len(signs) == 1 else ""
        return ""

    def prove(self, currency: str, sign: str) -> None:
        if sign:
            self.proven.setdefault(currency, set()).add(sign)

    def suggest(self, currency: str, sign: str, *, beside: bool) -> None:
        if sign:
            (self.likely if beside else self.fitting).setdefault(currency, set()).add(sign)


SignOf = Callable[[str], str]  # the decimal sign of a column's numbers in a currency


def other(sign: str) -> str:
    return DOT if sign == COMMA else COMMA


def normal(written: str) -> str:
    """Return the text with every digit as 0 to 9, every space as one kind, every dash as "-", nothing invisible."""
    return "".join(map(_normal_sign, written)).strip()


def _normal_sign(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    if sign in GROUPING_ONLY:
        return "'"
    if sign in DASHES:
        return "-"
    kind = unicodedata.category(sign)
    if kind == "Zs" or sign in "\t\n\r":
        return " "
    return "" if kind == "Cf" else FULL_WIDTH.get(sign, sign)


def exact(value: Any) -> Number | None:
    """Return a real number of a sheet or of JSON, which can be read in one way only; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if not isinstance(value, int) and not math.isfinite(value):
        return None
    return Number(Decimal(str(value))) if abs(value) < MAX_WHOLE_NUMBER else None


def read_number(digits: str) -> Number | None:
    """Return what a normal text of digits, signs and spaces between them says; None where it is no number."""
    if re.fullmatch(r"\d+", digits):
        return Number(Decimal(digits))
    grouped, decimal = _grouped(digits), _decimal(digits)
    if grouped and decimal:
        return Number(grouped.value, decimal.sign, decimal.value)
    return grouped or decimal


def _grouped(digits: str) -> Number | None:
    match = GROUPED.fullmatch(digits)
    if match is None:
        return None
    sign = match["sign"] or COMMA
    return Number(Decimal(re.sub(r"\D", "", digits)), other(sign) if sign in (COMMA, DOT) else "")


def _decimal(digits: str) -> Number | None:
    match = DECIMAL.fullmatch(digits)
    if match is None or match["sign"] in match["whole"]:
        return None
    whole = match["whole"]
    if whole and not re.fullmatch(r"\d+", whole) and not GROUPED.fullmatch(whole):
        return None
    sign = "" if match["sign"] == ARABIC_DECIMAL else match["sign"]
    return Number(Decimal(f"{re.sub(r'[^0-9]', '', whole) or 0}.{match['fraction']}"), sign)
