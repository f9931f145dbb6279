"""What a marketplace has, and what a product says now: one laid over the other, and compared."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast

Fields = Mapping[str, Any]


def laid_over(current: Fields, wanted: Fields) -> dict[str, Any]:
    """Return `current` with all that `wanted` says; what only the marketplace has stays. None takes a field away."""
    merged = {name: value for name, value in current.items() if name not in wanted}
    for name, value in wanted.items():
        there = current.get(name)
        if isinstance(value, Mapping):
            below = cast("Fields", there) if isinstance(there, Mapping) else {}
            merged[name] = laid_over(below, cast("Fields", value))
        elif value is not None:
            merged[name] = value
    return merged


def says(current: Any, wanted: Any) -> bool:
    """Whether `current` holds all that `wanted` says. Numbers are compared by value: "25.0" is "25.00"."""
    if isinstance(wanted, Mapping):
        there = cast("Fields", current) if isinstance(current, Mapping) else {}
        return all(says(there.get(name), value) for name, value in cast("Fields", wanted).items())
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        asked = cast("Sequence[Any]", wanted)
        there = cast("Sequence[Any]", current) if isinstance(current, Sequence) and not isinstance(current, str) else ()
        return len(there) == len(asked) and all(map(says, there, asked))
    return current == wanted or _are_equal_numbers(current, wanted)


def _are_equal_numbers(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return False
