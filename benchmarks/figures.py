"""The few sums that measurements share."""

from collections.abc import Sequence
from statistics import median
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies; nan of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))] if ordered else float("nan")


def medians(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the median of each number over the rounds; what is not a number is taken from the last one."""
    return {
        name: median(one[name] for one in rounds) if _is_number(last) else last for name, last in rounds[-1].items()
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
