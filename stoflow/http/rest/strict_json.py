"""JSON from outside, read without mercy: one meaning per text, and nothing PostgreSQL could not store."""

import json
import re
from collections.abc import Iterable
from math import isfinite
from typing import Any, Final, NoReturn

from stoflow.domain.errors import InputError

MAX_DEPTH = 32
MAX_INTEGER_DIGITS = 100
MOST_MARKS: Final = 32_768
MARKS: Final = ",:[{"  # there are at least as many of them as values
SURROGATES: Final = re.compile("[\ud800-\udfff]")
ESCAPE: Final = "\\u"  # without one a text of UTF-8 means no character that could not be stored


def strict_json(text: str | bytes) -> Any:
    """Return what the text means; raise InputError for what another reader could understand differently.

    A text of too many values is refused before it is parsed, and values are looked at only where that could find
    something: 256 KiB of them delay nobody.
    """
    try:
        text = text if isinstance(text, str) else text.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("The text is not valid JSON: it is not UTF-8.") from None
    if sum(map(text.count, MARKS)) > MOST_MARKS:
        raise InputError(f"The JSON holds more than {MOST_MARKS:,} values.")
    value = _parsed(text)
    if ESCAPE in text or text.count("[") + text.count("{") > MAX_DEPTH or _has_halves(text):
        check_storable(value)
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except RecursionError:
        raise InputError(f"The JSON is nested deeper than {MAX_DEPTH} levels.") from None
    except json.JSONDecodeError as error:
        raise InputError(f"The text is not valid JSON: {_reason(error)}.") from None


def _has_halves(text: str) -> bool:
    return not text.isascii() and SURROGATES.search(text) is not None


def check_storable(value: Any, *, depth: int = 0) -> None:
    """Raise InputError where a value holds NUL, half a character, an endless number, or too many levels."""
    if depth > MAX_DEPTH:
        raise InputError(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and not isfinite(value):
        raise InputError("A number is too large.")
    elif isinstance(value, dict):
        _check_all(value.keys(), depth)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        _check_all(value.values(), depth)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    elif isinstance(value, list):
        _check_all(value, depth)  # pyright: ignore[reportUnknownArgumentType]


def with_whole_numbers(value: Any) -> Any:
    """Return the value with `4.0` as `4`, in every depth."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [with_whole_numbers(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {name: with_whole_numbers(one) for name, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value


def _check_all(values: Iterable[Any], depth: int) -> None:
    for value in values:
        check_storable(value, depth=depth + 1)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InputError("The text holds a NUL character, which cannot be stored.")
    if SURROGATES.search(text):
        raise InputError("The text holds half a character (a lone surrogate), which cannot be stored.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InputError("The JSON names the same member twice.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise InputError(f"{name} is not JSON.")


def _integer(digits: str) -> int:
    if len(digits) > MAX_INTEGER_DIGITS:
        raise InputError("A number is too large.")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise InputError("A number is too large.")
    return number


def _reason(error: json.JSONDecodeError) -> str:
    return f"{error.msg[0].lower()}{error.msg[1:]} at character {error.pos}"
