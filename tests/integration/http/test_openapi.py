"""The OpenAPI document names every route, and every answer keeps to it."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from starlette.routing import Route

from stoflow.http.pages.monitoring.page import HOME
from stoflow.http.resources.product_bodies import ChangedProductBody, NewProductBody
from stoflow.http.rest.openapi import openapi_document
from stoflow.http.routes import find_operations
from stoflow.marketplaces.registry import build_registry
from tests.harness.installing import installed

OPERATIONS = find_operations()


def document_of() -> dict[str, Any]:
    """The document as an api serves it that knows what is installed."""
    registry = build_registry()
    return openapi_document(OPERATIONS, {name: registry.payloads(name) for name in registry.marketplaces})


def is_page(path: str) -> bool:
    """Say whether people look at it: pages are no part of the API."""
    return path.startswith(("/docs", HOME)) and path not in {one.path for one in OPERATIONS}


def each_schema(value: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of the document with the way to it."""
    if isinstance(value, dict):
        yield where, value
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from each_schema(inner, f"{where}/{key}")


def test_every_route_of_the_application_is_in_the_document(api: Any) -> None:
    document = api.ask_unknown("GET", "/openapi.json").json()
    app = api.use_cases.app(api.tokens, feed=api.wire.listen)
    served = {
        (route.path, method.lower())
        for route in app.routes
        if isinstance(route, Route) and not is_page(route.path)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert served
    assert served == {(path, method) for path, methods in document["paths"].items() for method in methods}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_names_its_bodies_and_problems(operation: Any) -> None:
    entry = document_of()["paths"][operation.path][operation.method.lower()]
    assert str(operation.status) in entry["responses"]
    problems = {status for status in entry["responses"] if int(status) >= 400}
    assert {"500", "503"} <= problems
    assert operation.public or {"401", "403"} <= problems
    for status in problems:
        assert "application/problem+json" in entry["responses"][status]["content"]


def test_the_served_document_is_valid_openapi(api: Any) -> None:
    document = api.ask_unknown("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "/", "description": "Where this document comes from."}]
    validate(document)


def test_no_body_has_a_default_that_a_generated_client_would_send() -> None:
    schemas = document_of()["components"]["schemas"]
    assert [where for where, schema in each_schema(schemas) if "default" in schema] == []
    assert "required" not in schemas["ChangedProductBody"]
    assert schemas["NewProductBody"]["required"] == ["title"]
    assert schemas["NewJob"]["required"] == ["action_type"]


def test_a_patch_takes_every_field_of_a_new_product_and_null_only_where_it_takes_something_away() -> None:
    changes = document_of()["components"]["schemas"]["ChangedProductBody"]["properties"]
    assert changes == document_of()["components"]["schemas"]["NewProductBody"]["properties"]
    assert {name for name, schema in changes.items() if {"type": "null"} in schema.get("anyOf", ())} == {
        "price",
        "condition",
    }
    assert set(ChangedProductBody.model_fields) == set(NewProductBody.model_fields)


def test_what_is_always_answered_is_required_and_what_may_be_left_out_is_not() -> None:
    schemas = document_of()["components"]["schemas"]
    for name in ("JobBody", "ProductBody", "TaskBody", "ListingBody", "OrderBody", "ConnectionBody"):
        assert set(schemas[name]["required"]) == set(schemas[name]["properties"]), name
    assert schemas["ProblemBody"]["required"] == ["type", "title", "status", "detail"]


def test_what_is_one_of_a_few_values_says_which() -> None:
    schemas = document_of()["components"]["schemas"]
    assert schemas["Marketplace"]["enum"] == ["ebay", "etsy", "vinted"]
    assert {"publish", "update", "delete", "sync", "orders", "sync_orders"} <= set(schemas["Action"]["enum"])
    assert schemas["NewJob"]["properties"]["action_type"] == {"$ref": "#/components/schemas/Action"}
    assert schemas["JobBody"]["properties"]["status"] == {"$ref": "#/components/schemas/JobStatus"}
    assert schemas["TaskBody"]["properties"]["status"] == {"$ref": "#/components/schemas/TaskStatus"}
    assert schemas["ListingState"]["enum"] == ["for_sale", "sold", "hidden", "gone"]
    assert schemas["OrderBody"]["properties"]["state"] == {"$ref": "#/components/schemas/OrderState"}


def test_an_answer_may_name_an_action_that_the_client_does_not_know_yet() -> None:
    action = document_of()["components"]["schemas"]["JobBody"]["properties"]["action"]
    assert action["anyOf"] == [{"$ref": "#/components/schemas/Action"}, {"type": "string"}]


def test_an_installed_marketplace_is_in_the_document_with_its_actions() -> None:
    with installed("brocante"):
        schemas = document_of()["components"]["schemas"]
    assert "brocante" in schemas["Marketplace"]["enum"]
    assert "brocante: " in schemas["Action"]["description"]


@pytest.mark.parametrize("asking", ["NewJob", "NewBatch"])
def test_a_body_says_which_payload_goes_with_which_action(asking: str) -> None:
    document = document_of()
    schemas = document["components"]["schemas"]
    names = {name for name in schemas if name.endswith("Payload")}
    assert {"VintedMessagePayload", "VintedLinkProductPayload", "EbayPublishPayload", "EtsyDeletePayload"} <= names
    body = Draft202012Validator({**schemas[asking], "components": document["components"]})
    of_all = {"product_ids": [1]} if asking == "NewBatch" else {}
    assert body.is_valid({"action_type": "publish", **of_all})
    assert body.is_valid({"action_type": "message", "payload": {"conversation_id": 5, "text": "Oui"}, **of_all})
    for payload in ({}, {"payload": {}}, {"payload": {"conversation_id": "five", "text": "Oui"}}):
        assert not body.is_valid({"action_type": "message", **payload, **of_all}), payload


def test_a_query_names_no_null_and_its_parameters_have_schemas_of_their_own() -> None:
    paths = document_of()["paths"]
    for parameter in paths["/api/jobs"]["get"]["parameters"]:
        assert "anyOf" not in parameter["schema"], parameter
    assert "JobsQuery" not in document_of()["components"]["schemas"]


def test_every_example_is_what_its_schema_takes() -> None:
    document = document_of()
    examples = [
        (schema, example)
        for _, schema in each_schema(document)
        if isinstance(schema.get("examples"), list)
        for example in schema["examples"]
    ]
    assert len(examples) >= 5
    for schema, example in examples:
        Draft202012Validator({**schema, "components": document["components"]}).validate(example)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_is_described_and_shows_what_it_takes(operation: Any) -> None:
    document = document_of()
    entry = document["paths"][operation.path][operation.method.lower()]
    assert entry["description"].startswith(entry["summary"])
    assert "Problems: " in entry["description"]
    taken = entry.get("requestBody", {}).get("content", {}).get("application/json")
    if taken is not None:
        schema = taken["schema"]
        named = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        assert named.get("examples"), f"{operation.name} shows no example of its body"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_shows_a_call_and_says_what_each_parameter_means(operation: Any) -> None:
    entry = document_of()["paths"][operation.path][operation.method.lower()]
    assert all(each["description"] for each in entry.get("parameters", []))
    (call,) = re.findall(r"^Example: `(.+)`$", entry["description"], re.MULTILINE)
    command, *words = shlex.split(call)
    assert command == "curl"
    assert any(word.startswith("$STOFLOW/") and "{" not in word for word in words)
    if "-d" in words:
        operation.body.model_validate_json(words[words.index("-d") + 1])


def test_a_query_says_which_parameters_it_cannot_do_without() -> None:
    paths = document_of()["paths"]
    needed = {each["name"]: each["required"] for each in paths["/api/products/{id}/preview"]["get"]["parameters"]}
    assert needed["marketplace"] is True
    assert not any(each["required"] for each in paths["/api/jobs"]["get"]["parameters"])


def test_a_file_s_media_types_are_named() -> None:
    entry = document_of()["paths"]["/api/products/{id}/photos/{position}"]["get"]
    assert {"image/jpeg", "image/png"} <= set(entry["responses"]["200"]["content"])
    assert [parameter["name"] for parameter in entry["parameters"]] == ["id", "position"]


def test_a_consent_may_be_brought_by_anybody() -> None:
    paths = document_of()["paths"]
    assert paths["/api/{marketplace}/oauth/callback"]["get"]["security"] == [{}, {"accessToken": []}]
    assert paths["/api/{marketplace}/oauth/authorize"]["get"]["security"] == [{"accessToken": []}]
    assert paths["/healthz"]["get"]["security"] == []


def test_every_reference_leads_somewhere() -> None:
    document = document_of()
    parts = document["components"]

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return found.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    named = references(document)
    assert named
    assert named <= {f"#/components/{kind}/{name}" for kind in ("schemas", "headers") for name in parts[kind]}
