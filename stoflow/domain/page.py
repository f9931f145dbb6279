"""A list read in parts."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from stoflow.domain.errors import InputError
from stoflow.domain.outcome import FieldError

Item = TypeVar("Item")
LARGEST_ID = 2**31 - 1
DIGITS = 10


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a list; `next_cursor` reads on, None at the end. An unknown cursor is an InputError."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


def id_in(cursor: str | None) -> int | None:
    """Return the id at which a page ended; raise InputError for what no list gave."""
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > DIGITS:
        message = "This cursor was not made by this list."
        raise InputError(message, (FieldError("cursor", message),))
    return min(int(cursor), LARGEST_ID)
