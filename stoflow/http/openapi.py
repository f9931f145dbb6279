"""The OpenAPI 3.1 document, made from the table of operations and the schemas they name."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from stoflow.http.answers import ProblemBody
from stoflow.http.endpoint import Operation
from stoflow.http.problems import MEDIA_TYPE
from stoflow.http.schemas import MAX_ID, Given, NoBody
from stoflow.http.tenancy import PROTECTED_PREFIX

PATH_PARAMETER = re.compile(r"{(\w+)}")
OPENAPI_PATH: Final = "/openapi.json"
PROTECTED_PROBLEMS: Final = (401, 403, 503)
ALWAYS_PROBLEMS: Final = (500, 503)
PATH_SCHEMAS: Final = {
    "id": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    "position": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    "catalogue": {"type": "string", "examples": ["brands", "colors", "sizes"]},
    "marketplace": {"type": "string", "description": "The name of a marketplace, as jobs and connections have it."},
}
API_VERSION: Final = "1.0"
JsonSchema = dict[str, Any]


def openapi_document(operations: Iterable[Operation]) -> JsonSchema:
    """Return the document; every route, body and error is in it, itself included."""
    operations = tuple(operations)
    refs, schemas = _schemas(operations)
    paths: dict[str, JsonSchema] = {OPENAPI_PATH: {"get": _own_entry()}}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _entry(operation, refs, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "StoFlow", "version": API_VERSION, "description": "Durable marketplace jobs for sellers."},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas(operations: Iterable[Operation]) -> tuple[dict[type[BaseModel], JsonSchema], dict[str, JsonSchema]]:
    taken: set[type[BaseModel]] = {model for operation in operations for model in (operation.body, operation.query)}
    answers = {operation.answer for operation in operations}
    given: set[type[BaseModel]] = {answer for answer in answers if not isinstance(answer, tuple)} | {ProblemBody}
    modes = [(model, "validation") for model in taken] + [(model, "serialization") for model in given]
    refs, document = models_json_schema(
        sorted(modes, key=lambda mode: mode[0].__name__),  # pyright: ignore[reportArgumentType]
        ref_template="#/components/schemas/{model}",
    )
    return {cast("type[BaseModel]", model): ref for (model, _), ref in refs.items()}, document["$defs"]


def _entry(operation: Operation, refs: dict[type[BaseModel], JsonSchema], schemas: dict[str, JsonSchema]) -> JsonSchema:
    entry: JsonSchema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            *_path_parameters(operation),
            *_query_parameters(operation.query, schemas),
            *_header_parameters(operation),
        ],
        "responses": {
            str(operation.status): _answer(operation, refs),
            **{str(status): _content(status, MEDIA_TYPE, refs[ProblemBody]) for status in _problems(operation)},
        },
        "security": _security(operation),
    }
    if operation.body is not NoBody:
        entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": refs[operation.body]}}}
    return entry


def _answer(operation: Operation, refs: dict[type[BaseModel], JsonSchema]) -> JsonSchema:
    if isinstance(operation.answer, tuple):  # a file: OpenAPI 3.1 gives what is not JSON no schema
        phrase = HTTPStatus(operation.status).phrase
        return {"description": phrase, "content": {media_type: {} for media_type in operation.answer}}
    return _content(operation.status, "application/json", refs[operation.answer])


def _own_entry() -> JsonSchema:
    return {
        "operationId": "openapi",
        "summary": "This document.",
        "responses": {"200": _content(HTTPStatus.OK, "application/json", {"type": "object"})},
        "security": [],
    }


def _security(operation: Operation) -> list[JsonSchema]:
    if not operation.public:
        return [{"accessToken": []}]
    return [{}, {"accessToken": []}] if operation.path.startswith(PROTECTED_PREFIX) else []


def _problems(operation: Operation) -> list[int]:
    always = ALWAYS_PROBLEMS if operation.public else ALWAYS_PROBLEMS + PROTECTED_PROBLEMS
    return sorted({*operation.problems, *always})


def _content(status: int, media_type: str, schema: JsonSchema) -> JsonSchema:
    return {"description": HTTPStatus(status).phrase, "content": {media_type: {"schema": schema}}}


def _path_parameters(operation: Operation) -> list[JsonSchema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": PATH_SCHEMAS[name]}
        for name in PATH_PARAMETER.findall(operation.path)
    ]


def _query_parameters(query: type[Given], schemas: dict[str, JsonSchema]) -> list[JsonSchema]:
    properties: dict[str, JsonSchema] = schemas[query.__name__].get("properties", {})
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _header_parameters(operation: Operation) -> list[JsonSchema]:
    return [
        {"name": name, "in": "header", "description": description, "schema": {"type": "string", "maxLength": 200}}
        for name, description in operation.headers.items()
    ]
