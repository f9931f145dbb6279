"""Prices that hold on some days only."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class SpecialPrices:
    """The columns of a price that holds on some days only; a side without a date is open."""

    columns: frozenset[str] = frozenset()
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    today: date = date.min

    def is_on(self, values: Mapping[str, Any]) -> bool:
        return _day(values, self.begins, date.min) <= self.today <= _day(values, self.ends, date.max)


def _day(values: Mapping[str, Any], columns: tuple[str, ...], default: date) -> date:
    for column in columns:
        with suppress(ValueError):
            return date.fromisoformat(str(values.get(column) or "").strip()[:10])
    return default
