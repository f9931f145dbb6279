"""What a job may be asked with beside its product: one model for each action, which people read as its JSON Schema."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stoflow.domain.outcome import FieldError


class Payload(BaseModel):
    """Nothing of its own. A field without a name here is kept with the job and changes nothing.

    An action's own model is derived from it, and each of its fields has a description. `extra` stays "allow": callers
    that are older than these models give what they like, and StoFlow says in a removal why it asks for it.
    """

    model_config = ConfigDict(extra="allow", frozen=True)


class Removal(Payload):
    """What the end of a listing may be asked with."""

    because: str | None = Field(
        None, description="`sold out` ends the listing only if none is left of the product by then. Else it is a note."
    )


def payload_errors(model: type[Payload], payload: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Return why a job may not be asked for with this payload, each field named `payload.<name>`."""
    try:
        model.model_validate(payload)
    except ValidationError as error:
        reasons = error.errors(include_url=False, include_input=False, include_context=False)
        return tuple(_reason(model, reason["loc"], reason["msg"]) for reason in reasons)
    return ()


def own_fields(model: type[Payload]) -> bool:
    """Say whether the action reads any field at all."""
    return bool(model.model_fields)


def _reason(model: type[Payload], place: tuple[int | str, ...], told: str) -> FieldError:
    """Return the reason with what the field is for, which says what to give instead."""
    field = model.model_fields.get(str(place[0])) if place else None
    purpose = f": {field.description}" if field and field.description else ""
    name = ".".join(("payload", *(str(part) for part in place if part != "[key]")))
    return FieldError(name, f"{told.removeprefix('Value error, ')}{purpose}")
