"""What each action takes beside its product, in the document: a schema for each, and which one counts for which job.

A body names its action and the path its marketplace, which a schema of the body cannot see: of an action that several
marketplaces have, any one's payload fits.
"""

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Final, TypeAlias

from stoflow.http.rest.json_schemas import REF_TEMPLATE, BodySchema, JsonSchema
from stoflow.marketplaces.payloads import Payload, own_fields

Payloads: TypeAlias = Mapping[str, Mapping[str, type[Payload]]]
"""By marketplace, by each name of an action there."""

ASKS: Final = {"action_type", "payload"}
"""The fields by which a body asks for an action."""


def schema_of(model: type[Payload]) -> JsonSchema:
    """Return the JSON Schema (2020-12) of one action's payload."""
    return model.model_json_schema(schema_generator=BodySchema)


def with_payloads(schemas: Mapping[str, JsonSchema], payloads: Payloads) -> dict[str, JsonSchema]:
    """Return the schemas with those of payloads, each body that asks for an action saying which of them it takes."""
    taken = reduce(_or_else, reversed(list(_conditions(payloads))), JsonSchema())
    asking = {
        name: {**schema, **taken} for name, schema in schemas.items() if set(schema.get("properties", ())) >= ASKS
    }
    return {**schemas, **asking, **dict(_components(payloads))}


def _components(payloads: Payloads) -> Iterator[tuple[str, JsonSchema]]:
    for place, actions in payloads.items():
        for action, model in actions.items():
            if own_fields(model):
                name = _name(place, action)
                inner = REF_TEMPLATE.format(model=name) + "/$defs/{model}"
                schema = model.model_json_schema(schema_generator=BodySchema, ref_template=inner)
                told = f"What `{action}` takes on {place}. {schema['description']}"
                yield name, {**schema, "title": name, "description": told}


def _conditions(payloads: Payloads) -> Iterator[JsonSchema]:
    """Yield for each action with fields of its own anywhere what its payload looks like."""
    for action in sorted({action for actions in payloads.values() for action in actions}):
        models = {place: actions[action] for place, actions in payloads.items() if action in actions}
        if any(map(own_fields, models.values())):
            yield {
                "if": {"properties": {"action_type": {"const": action}}},
                "then": {"properties": {"payload": _any_of(action, models)}, **_required(models)},
            }


def _any_of(action: str, models: Mapping[str, type[Payload]]) -> JsonSchema:
    taken = [{"$ref": REF_TEMPLATE.format(model=_name(place, action))} for place in models if own_fields(models[place])]
    without = [place for place, model in models.items() if not own_fields(model)]
    told = {"type": "object", "description": f"On {', '.join(without)}: no field of its own."}
    options = [*taken, told] if without else taken
    return options[0] if len(options) == 1 else {"anyOf": options}


def _required(models: Mapping[str, type[Payload]]) -> JsonSchema:
    needed = (any(field.is_required() for field in model.model_fields.values()) for model in models.values())
    return {"required": ["payload"]} if all(needed) else {}


def _or_else(others: JsonSchema, condition: JsonSchema) -> JsonSchema:
    return {**condition, "else": others} if others else condition


def _name(place: str, action: str) -> str:
    words = f"{place}_{action}_payload".split("_")
    return "".join(word[:1].upper() + word[1:] for word in words)
