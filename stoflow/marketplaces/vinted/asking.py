"""What the jobs on a member's account are asked with: their payloads, checked when they are asked for."""

import re
from collections.abc import Mapping
from typing import Any

from stoflow.domain.outcome import FieldError

NUMBER = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


def number_in(payload: Mapping[str, Any], name: str) -> str:
    """Return one of Vinted's numbers as text, "" where the payload has none of that name."""
    value = payload.get(name)
    given = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return given if NUMBER.fullmatch(given) else ""


def words_in(payload: Mapping[str, Any], name: str) -> str:
    """Return a text without the space around it, "" where there is none."""
    value = payload.get(name)
    return value.strip() if isinstance(value, str) else ""


def number_errors(payload: Mapping[str, Any], name: str) -> tuple[FieldError, ...]:
    """Return that a number of Vinted's is missing or none."""
    if number_in(payload, name):
        return ()
    return (FieldError(f"payload.{name}", f"`{name}` is a number that Vinted gave, such as 1234567."),)


def words_errors(payload: Mapping[str, Any], name: str) -> tuple[FieldError, ...]:
    """Return that a text is missing or empty."""
    return () if words_in(payload, name) else (FieldError(f"payload.{name}", f"`{name}` is a text that is not empty."),)
