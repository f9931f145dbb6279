"""What the jobs on a member's account are asked with: their payloads, checked when they are asked for."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from stoflow.marketplaces.payloads import Payload

WHICH, TEXT = "conversation_id", "text"
LISTING = "listing_id"
NUMBER = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
NUMBER_SCHEMA: Final = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 10**19 - 1},
        {"type": "string", "pattern": f"^{NUMBER.pattern}$"},
    ]
}


def number_in(payload: Mapping[str, Any], name: str) -> str:
    """Return one of Vinted's numbers as text, "" where the payload has none of that name."""
    value = payload.get(name)
    given = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return given if NUMBER.fullmatch(given) else ""


def words_in(payload: Mapping[str, Any], name: str) -> str:
    """Return a text without the space around it, "" where there is none."""
    value = payload.get(name)
    return value.strip() if isinstance(value, str) else ""


def _number(value: Any) -> Any:
    if not number_in({WHICH: value}, WHICH):
        raise ValueError("This is no number of Vinted's")
    return value


def _words(value: Any) -> Any:
    if not words_in({TEXT: value}, TEXT):
        raise ValueError("This is no text, or an empty one")
    return value


Number = Annotated[Any, AfterValidator(_number), WithJsonSchema(NUMBER_SCHEMA)]
Words = Annotated[Any, AfterValidator(_words), WithJsonSchema({"type": "string", "pattern": r"\S"})]


class Message(Payload):
    """What is said, and in which conversation."""

    conversation_id: Number = Field(description="The number that Vinted gave the conversation, such as 1234567.")
    text: Words = Field(description="What to say in it.")


class Link(Payload):
    """Which listing the member has already becomes the product's."""

    listing_id: Number = Field(description="The number that Vinted gave the listing, such as 1234567.")
