"""The labels Etsy takes for who made a thing and when: data, because some of those of when move every January.

A label that moves is held with the last day of its year; what Etsy says in a year that the data does not have is not
guessed. Labels that were the same in every year known, such as "1990s", hold on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from stoflow.domain.attempt import Attempt
from stoflow.marketplaces.checks import product_of
from stoflow.marketplaces.vocabulary.tables import read_table

PACKAGE = "stoflow.marketplaces.etsy"
VINTAGE_YEARS = 20
YEAR_DIGITS = 4
FIRST_YEAR, LAST_YEAR = 0, 9999
MOVING = re.compile(r"[0-9]{4}_[0-9]{4}|before_[0-9]{4}")  # as the labels that move are made


@dataclass(frozen=True, slots=True)
class Span:
    """The years a label of when_made stands for; "made to order" stands for none."""

    first: int
    last: int

    def holds(self, other: "Span") -> bool:
        return self.first <= other.first and other.last <= self.last

    @property
    def years(self) -> int:
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Label:
    """A label of when_made, with the first and last day on which Etsy takes it; "" for both where it stays."""

    name: str
    span: Span | None
    holds_from: str
    holds_until: str

    def holds_on(self, day: date) -> bool:
        return self.holds_from <= day.isoformat() <= (self.holds_until or date.max.isoformat())


@cache
def categories() -> Mapping[str, str]:
    """Return Etsy's taxonomy id of each of StoFlow's categories."""
    return {row["category"]: row["taxonomy_id"] for row in read_table(PACKAGE, "categories")}


@cache
def makers() -> frozenset[str]:
    """Return the labels of who_made."""
    return frozenset(row["value"] for row in read_table(PACKAGE, "labels") if row["field"] == "who_made")


def eras_on(day: date) -> Mapping[str, Span | None]:
    """Return the labels of when_made that are known to hold on a day, each with its years."""
    return {label.name: label.span for label in _labels() if label.holds_on(day)}


def era_of(declared: str, day: date) -> str:
    """Return today's label for what the seller declared, "" where none says the same.

    A year, or a label of another January, is said by the narrowest label of today that wholly holds it.
    """
    today = eras_on(day)
    if declared in today:
        return declared
    meant = _span_of(declared)
    holding = [(span.years, label) for label, span in today.items() if span and meant and span.holds(meant)]
    return min(holding)[1] if holding else ""


def era_fault(declared: str, day: date) -> str:
    """Return why what the seller declared cannot be said on a day, "" where it can."""
    if era_of(declared, day):
        return ""
    meant = _span_of(declared)
    is_past = bool(meant and meant.first <= day.year) or bool(MOVING.fullmatch(declared))
    if is_past and not any(label.holds_until and label.holds_on(day) for label in _labels()):
        return (
            f"What Etsy calls “{declared}” is not known for {day.year}: its labels move every January. Update StoFlow."
        )
    return f"Etsy has no when_made “{declared}” in {day.year}: give one of its labels, or a year."


def is_vintage(era: str, day: date) -> bool:
    """Say whether everything of this label is 20 years old or more, as someone else's work must be."""
    span = eras_on(day)[era]
    return span is not None and day.year - span.last >= VINTAGE_YEARS


def declared(attempt: Attempt, field: str) -> str:
    """Return what the seller declared, on the product or for the whole account; "" where nothing was: never made up."""
    product = product_of(attempt)
    own = {"who_made": product.who_made, "when_made": product.when_made}[field]
    return (own or str(attempt.account.settings.get(field) or "")).strip()


@cache
def _labels() -> tuple[Label, ...]:
    return tuple(
        Label(row["value"], _span(row["made_from"], row["made_until"]), row["holds_from"], row["holds_until"])
        for row in read_table(PACKAGE, "labels")
        if row["field"] == "when_made"
    )


def _span(first: str, last: str) -> Span | None:
    return Span(int(first or FIRST_YEAR), int(last or LAST_YEAR)) if first or last else None


def _span_of(declared: str) -> Span | None:
    if declared.isascii() and declared.isdigit() and len(declared) == YEAR_DIGITS:
        return Span(int(declared), int(declared))
    return next((label.span for label in _labels() if label.name == declared), None)
