"""What a publish and an update on eBay may be asked with."""

from typing import Annotated, Any, Final, cast

from pydantic import AfterValidator, Field, WithJsonSchema

from stoflow.marketplaces.ebay.aspects import NAME_CHARACTERS
from stoflow.marketplaces.payloads import Payload

TEXT_OR_NUMBER: Final = {"type": ["string", "number"]}
ANSWER_SCHEMA: Final = {
    "anyOf": [TEXT_OR_NUMBER, {"type": "array", "items": TEXT_OR_NUMBER}, {"type": "null"}],
}


def _answer(value: Any) -> Any:
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    if value is not None and not all(
        isinstance(each, str | int | float) and each is not True and each is not False for each in values
    ):
        raise ValueError("This is neither a text nor a number nor a list of them")
    return value


Answer = Annotated[Any, AfterValidator(_answer), WithJsonSchema(ANSWER_SCHEMA)]
Name = Annotated[str, Field(max_length=NAME_CHARACTERS)]


class Specifics(Payload):
    """The seller's own answers to what eBay asks of the product in its category."""

    aspects: dict[Name, Answer] | None = Field(
        None,
        description='By item specific its value or values, such as {"Style": ["Boho"]}; before those of the account.',
    )
