"""What callers of our Python names give: whole numbers, and what JSON and PostgreSQL can hold."""

import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, Final, cast

from stoflow.domain.errors import InputError
from stoflow.domain.outcome import FieldError

MOST_LEVELS: Final = 32
WHOLE: Final = re.compile("-?[0-9]{1,18}")
UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


def whole(name: str, value: object) -> int:
    """Return the number, which may be given as text; raise InputError, naming the argument, for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and WHOLE.fullmatch(value):
        return int(value)
    raise _refused(name, f"This should be a whole number, not {value!r:.100}.")


def text(name: str, value: object) -> str:
    """Return the text; raise InputError, naming the argument, for anything else, and for what cannot be stored."""
    if not isinstance(value, str):
        raise _refused(name, f"This should be a text, not {value!r:.100}.")
    check_json(name, value)
    return value


def check_json(name: str, value: object, *, levels: int = MOST_LEVELS) -> None:
    """Raise InputError, naming the place as in `input_data.price`, for what JSON or PostgreSQL cannot hold."""
    if levels == 0:
        raise _refused(name, f"This is nested deeper than {MOST_LEVELS} levels.")
    match value:
        case Mapping():
            _check_all(name, cast("Mapping[Any, Any]", value).items(), levels)
        case list() | tuple():
            numbered = enumerate(cast("list[Any]", value))
            _check_all(name, ((str(number), each) for number, each in numbered), levels)
        case None | str() | int() | float():
            _check_one(name, value)
        case _:
            raise _refused(name, f"JSON cannot hold {value!r:.100}: give a text or a number instead.")


def _check_all(name: str, members: Iterable[tuple[Any, Any]], levels: int) -> None:
    for key, each in members:
        if not isinstance(key, str):
            raise _refused(name, f"The key {key!r:.100} should be a text.")
        _check_one(name, key)
        check_json(f"{name}.{key}", each, levels=levels - 1)


def _check_one(name: str, value: str | float | None) -> None:
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise _refused(name, "This holds NUL or half a character, which cannot be stored.")
    if isinstance(value, float) and not isfinite(value):
        raise _refused(name, "JSON has no such number.")


def _refused(name: str, message: str) -> InputError:
    return InputError(f"{name}: {message}", (FieldError(name, message),))
