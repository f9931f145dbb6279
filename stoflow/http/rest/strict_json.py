"""JSON from outside, read without mercy: one meaning per text, and nothing PostgreSQL could not store."""

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any, NoReturn

from stoflow.domain.errors import InputError

MAX_DEPTH = 32
MAX_INTEGER_DIGITS = 100


def strict_json(text: str | bytes) -> Any:
    """Return what the text means; raise InputError for what another reader could understand differently."""
    try:
        value = json.loads(
            text if isinstance(text, str) else text.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_integer,
        )
    except RecursionError:
        raise InputError(f"The JSON is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        raise InputError(f"The text is not valid JSON: {_reason(error)}.") from None
    check_storable(value)
    return value


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


def _check_all(values: Iterable[Any], depth: int) -> None:
    for value in values:
        check_storable(value, depth=depth + 1)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InputError("The text holds a NUL character, which cannot be stored.")
    if any("\ud800" <= character <= "\udfff" for character in text):
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


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[0].lower()}{error.msg[1:]} at character {error.pos}"
    return "it is not UTF-8"
