"""The OpenAPI document names every route, and every answer keeps to it."""

from typing import Any

import pytest
from starlette.routing import Route

from stoflow.http.app import create_app
from stoflow.http.openapi import openapi_document
from stoflow.http.routes import OPERATIONS


def test_every_route_of_the_application_is_in_the_document(api: Any) -> None:
    document = api.ask_unknown("GET", "/openapi.json").json()
    app = create_app(api.use_cases.doors(), api.tokens, feed=api.wire.listen)
    served = {
        (route.path, method.lower())
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert served
    assert served == {(path, method) for path, methods in document["paths"].items() for method in methods}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_names_its_bodies_and_problems(operation: Any) -> None:
    entry = openapi_document(OPERATIONS)["paths"][operation.path][operation.method.lower()]
    assert str(operation.status) in entry["responses"]
    problems = {status for status in entry["responses"] if int(status) >= 400}
    assert {"500", "503"} <= problems
    assert operation.public or {"401", "403"} <= problems
    for status in problems:
        assert "application/problem+json" in entry["responses"][status]["content"]


def test_a_file_s_media_types_are_named() -> None:
    entry = openapi_document(OPERATIONS)["paths"]["/api/products/{id}/photos/{position}"]["get"]
    assert {"image/jpeg", "image/png"} <= set(entry["responses"]["200"]["content"])
    assert [parameter["name"] for parameter in entry["parameters"]] == ["id", "position"]


def test_a_consent_may_be_brought_by_anybody() -> None:
    paths = openapi_document(OPERATIONS)["paths"]
    assert paths["/api/{marketplace}/oauth/callback"]["get"]["security"] == [{}, {"accessToken": []}]
    assert paths["/api/{marketplace}/oauth/authorize"]["get"]["security"] == [{"accessToken": []}]
    assert paths["/healthz"]["get"]["security"] == []


def test_every_reference_leads_somewhere() -> None:
    document = openapi_document(OPERATIONS)
    schemas = document["components"]["schemas"]

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return found.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    named = references(document)
    assert named
    assert named <= {f"#/components/schemas/{name}" for name in schemas}
