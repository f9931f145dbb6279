"""What others wrote, made fit to be kept: PostgreSQL stores no NUL, no half of a character and no endless number."""

import json
import re
from math import isfinite
from typing import Any, cast

DEEPEST = 64
MOST_DIGITS = 100
SURROGATES = re.compile("[\ud800-\udfff]")


def foreign_json(text: str) -> Any:
    """Return what the text means, as far as it can be kept; raise ValueError where it is no JSON."""
    try:
        said = json.loads(text, parse_int=_whole, parse_float=_number, parse_constant=lambda _: None)
    except RecursionError as error:
        message = "It is nested too deeply."
        raise ValueError(message) from error
    return storable(said)


def storable(value: Any, *, depth: int = 0) -> Any:
    """Return a value of JSON with its texts storable and its numbers finite; None for what lies too deep."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict | list) and depth >= DEEPEST:
        return None
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value).items()
        return {storable_text(name): storable(each, depth=depth + 1) for name, each in members}
    if isinstance(value, list):
        return [storable(each, depth=depth + 1) for each in cast("list[Any]", value)]
    return value


def storable_text(text: str) -> str:
    """Return the text without NUL, and with U+FFFD for each half of a character that stands alone."""
    text = text.replace("\0", "")
    if SURROGATES.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= MOST_DIGITS else None


def _number(digits: str) -> float | None:
    number = float(digits)
    return number if isfinite(number) else None
