"""What each action may be asked with."""

from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ConfigDict

from stoflow.domain.errors import ConfigurationError
from stoflow.http.rest.payload_schemas import schema_of
from stoflow.marketplaces.ebay.asking import Specifics
from stoflow.marketplaces.ebay.marketplace import EBAY
from stoflow.marketplaces.payloads import Payload, Removal, payload_errors
from stoflow.marketplaces.registry import build_registry
from stoflow.marketplaces.vinted.asking import Link, Message

REGISTRY = build_registry(entry_points=False)
ACTIONS = [(place, action) for place in REGISTRY.marketplaces for action in REGISTRY.names(place)]
OLDER = {"batch": "2025-11", "priority": 2, "ids": [1, None], "vinted_id": "77"}
"""What callers of years ago gave with any job."""


@pytest.mark.parametrize(("place", "action"), ACTIONS, ids="-".join)
def test_each_action_says_what_it_takes_and_lets_the_rest_pass(place: str, action: str) -> None:
    model = REGISTRY.payloads(place)[action]
    schema = schema_of(model)
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is True
    assert all(field["description"] for field in schema.get("properties", {}).values())
    assert [error.field for error in payload_errors(model, OLDER)] == [f"payload.{name}" for name in _needed(schema)]


def test_there_are_seventeen_actions_of_which_seven_read_something() -> None:
    reading = [action for action in ACTIONS if REGISTRY.payloads(action[0])[action[1]].model_fields]
    assert (len(ACTIONS), len(reading)) == (17, 7)


@pytest.mark.parametrize(
    ("model", "payload", "fields"),
    [
        (Specifics, {"aspects": {"Style": ["Boho", 5], "Year": 1990, "Fit": None}}, []),
        (Specifics, {"aspects": None}, []),
        (Specifics, {"aspects": {"Style": {"is": "Boho"}, "Fit": True}}, ["aspects.Style", "aspects.Fit"]),
        (Specifics, {"aspects": {"S" * 41: "Boho"}}, ["aspects." + "S" * 41]),
        (Specifics, {"aspects": ["Boho"]}, ["aspects"]),
        (Removal, {"because": "sold out"}, []),
        (Removal, {"because": 5}, ["because"]),
        (Link, {"listing_id": "1" * 19}, []),
        (Link, {"listing_id": "1" * 20}, ["listing_id"]),
        (Message, {"conversation_id": 5, "text": "\t"}, ["text"]),
    ],
)
def test_what_is_wrong_is_named_and_the_schema_says_the_same(
    model: type[Payload], payload: dict[str, Any], fields: list[str]
) -> None:
    errors = payload_errors(model, payload)
    assert [error.field for error in errors] == [f"payload.{field}" for field in fields]
    described = [field.description for field in model.model_fields.values()]
    assert all(any(error.message.endswith(f": {told}") for told in described) for error in errors)
    # a name's length is the one rule that the schema leaves to the door
    if not any(len(field) > len("aspects.") + 40 for field in fields):
        assert Draft202012Validator(schema_of(model)).is_valid(payload) == (not fields)


def test_a_marketplace_whose_payload_lets_nothing_pass_is_refused_at_the_start() -> None:
    class Closed(Payload):
        model_config = ConfigDict(extra="forbid")

    closed = replace(EBAY, name="closed", handlers={}, actions=(replace(EBAY.actions[0], payload=Closed),))
    with pytest.raises(ConfigurationError, match="The payload of publish on closed refuses what it does not name"):
        build_registry([closed], entry_points=False)


def _needed(schema: dict[str, Any]) -> list[str]:
    return schema.get("required", [])
