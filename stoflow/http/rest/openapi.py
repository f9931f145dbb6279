"""The OpenAPI 3.1 document, made from the table of operations and the schemas they name."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from inspect import getdoc
from typing import Final

from pydantic import BaseModel

from stoflow.domain.role import Role
from stoflow.http.auth.tenancy import PROTECTED_PREFIXES
from stoflow.http.rest.answers import ProblemBody
from stoflow.http.rest.describing import curl_of, words_of
from stoflow.http.rest.endpoint import Operation
from stoflow.http.rest.json_schemas import MARKETPLACE, JsonSchema, known_values, query_schemas, schemas_of
from stoflow.http.rest.payload_schemas import Payloads, with_payloads
from stoflow.http.rest.problems import MEDIA_TYPE
from stoflow.http.rest.schemas import MAX_ID, FileBody, NoBody, RawBody
from stoflow.http.rest.uploads import FORM, Upload

PATH_PARAMETER = re.compile(r"{(\w+)}")
OPENAPI_PATH: Final = "/openapi.json"
DOCUMENTS: Final = {
    OPENAPI_PATH: ("openapi", "This document."),
    "/asyncapi.json": ("asyncapi", "What is told and said over the socket, as AsyncAPI 3."),
    "/plugin-protocol.json": (
        "pluginProtocol",
        "What a seller's plugin and StoFlow say to each other, as schemas.",
    ),
}
PROTECTED_PROBLEMS: Final = (401, 403, 503)
ALWAYS_PROBLEMS: Final = (500, 503)
PATH_SCHEMAS: Final = {
    "id": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    "job": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    "position": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    "delivery": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    "catalogue": {"type": "string", "examples": ["brands", "colors", "sizes"]},
    "marketplace": MARKETPLACE,
}
API_VERSION: Final = "1.0"
WORD: Final = {"type": "string", "maxLength": 200}
HEADER_SCHEMAS: Final = {
    "Idempotency-Key": {"type": "string", "pattern": "^[!-~]{1,200}$"},
    "If-Match": {"type": "string", "pattern": r'^(\*|"[0-9a-f]{24}")$'},
}
FILE: Final = {
    "type": "string",
    "format": "binary",
}  # 3.1 needs no schema here, generated clients give no bytes without
OCTETS: Final = "application/octet-stream"  # or whatever else: it is not asked for
SECURITY_SCHEMES: Final = {
    "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "platformKey": {"type": "http", "scheme": "bearer", "bearerFormat": "sfk_…"},
}
SERVERS: Final = ({"url": "/", "description": "Where this document comes from."},)
PROBLEM_WORDS: Final[Mapping[int, str]] = {
    400: "The request cannot be read.",
    401: "Nobody is known by this token or password, or it has ended; what a marketplace pushed is not believed.",
    402: "It is more than this account may have: `quota` says which, its limit, what is used, and when it is free.",
    403: "This account is suspended, or nobody may do this here.",
    404: "There is no such thing, or it is another account's.",
    408: "The body did not come in time.",
    409: "What is asked for does not go with how things are now.",
    412: "It has changed since it was read: read it again.",
    413: "The body is too large.",
    415: "The body is of no media type that is taken here.",
    422: "What is asked for is not right; `errors` names each field.",
    429: "This is too much or too often; `Retry-After` says when to come back.",
    500: "Something went wrong on our side.",
    502: "The marketplace does not answer as it should.",
    503: "StoFlow cannot do this right now; `Retry-After` says when to come back.",
}


HEADERS: Final[Mapping[str, str]] = {
    "X-Request-ID": "The request's own id, yours where you sent one: it is also in our log and at the job.",
    "RateLimit-Policy": "How many requests are allowed (q) in how many seconds (w), in the words of the HTTPAPI draft.",
    "RateLimit": "How many are left (r), and in how many seconds (t) all are there again, or at 429 the next one is.",
    "Location": "Where what was made is read.",
    "Idempotency-Replayed": "`true` where the same key made it before.",
    "Preference-Applied": "`wait=N` where the answer was waited for.",
    "Retry-After": "In how many seconds to come back.",
}
ALWAYS_SAID: Final = ("X-Request-ID", "RateLimit-Policy", "RateLimit")
SAID_WITH: Final[Mapping[int, Sequence[str]]] = {
    200: ("Preference-Applied",),
    201: ("Location", "Idempotency-Replayed", "Preference-Applied"),
    402: ("Retry-After",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}


def openapi_document(operations: Sequence[Operation], payloads: Payloads) -> JsonSchema:
    """Return the document; every route, body and error is in it, itself included.

    `payloads` are those of the actions there are.
    """
    refs, schemas = _schemas(operations)
    paths = {path: {"get": _document_entry(*told)} for path, told in DOCUMENTS.items()}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _entry(operation, refs)
        schemas |= query_schemas(operation.query)[1]
    schemas = with_payloads(schemas, payloads) | known_values(payloads)
    return {
        "openapi": "3.1.0",
        "info": {"title": "StoFlow", "version": API_VERSION, "description": "Durable marketplace jobs for sellers."},
        "servers": list(SERVERS),
        "tags": [{"name": tag} for tag in dict.fromkeys(map(_tag, operations))],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": SECURITY_SCHEMES,
            "headers": {name: {"description": text, "schema": {"type": "string"}} for name, text in HEADERS.items()},
        },
    }


def _schemas(operations: Sequence[Operation]) -> tuple[dict[type[BaseModel], JsonSchema], dict[str, JsonSchema]]:
    answers = {operation.answer for operation in operations}
    given: set[type[BaseModel]] = {answer for answer in answers if not isinstance(answer, tuple)}
    given |= {answer for operation in operations for answer in operation.others.values()}
    return schemas_of({operation.body for operation in operations} - {NoBody, RawBody, FileBody}, given | {ProblemBody})


def _tag(operation: Operation) -> str:
    """Return what it is about: the name of the module that answers, one of them."""
    name = operation.handle.__module__.rpartition(".")[2]
    return name.removesuffix("es" if name.endswith("ches") else "s")


def _entry(operation: Operation, refs: dict[type[BaseModel], JsonSchema]) -> JsonSchema:
    entry: JsonSchema = {
        "operationId": operation.name,
        "tags": [_tag(operation)],
        "summary": operation.summary,
        "description": _description(operation),
        "parameters": [
            *_path_parameters(operation),
            *_query_parameters(operation),
            *_header_parameters(operation),
        ],
        "responses": {
            str(operation.status): _answer(operation, refs),
            **{
                str(status): _content(status, "application/json", refs[answer])
                for status, answer in operation.others.items()
            },
            **{str(status): _content(status, MEDIA_TYPE, refs[ProblemBody]) for status in _problems(operation)},
        },
        "security": _security(operation),
    }
    if operation.role is not Role.USER:
        entry["description"] += f"\n\nTakes the role {operation.role}."
    if operation.pages:
        for response in entry["responses"].values():
            response["content"]["text/html"] = {"schema": {"type": "string"}}
    if operation.body is not NoBody:
        entry["requestBody"] = {"required": True, "content": _taken(operation, refs)}
    return entry


def _description(operation: Operation) -> str:
    """Return what there is to know: what it does, what its handler says besides, what it takes and what it gives."""
    said = [operation.summary, getdoc(operation.handle) or ""]
    if operation.body is not NoBody:
        said.append(f"Takes: {getdoc(operation.body) or operation.body.__name__}")
    if not isinstance(operation.answer, tuple):
        said.append(f"Gives: {getdoc(operation.answer) or operation.answer.__name__}")
    problems = sorted({status for status in _problems(operation) if status in PROBLEM_WORDS})
    said.append("Problems: " + " ".join(f"**{status}** {PROBLEM_WORDS[status]}" for status in problems))
    said.append(f"Example: `{curl_of(operation)}`")
    return "\n\n".join(part for part in said if part)


def _taken(operation: Operation, refs: dict[type[BaseModel], JsonSchema]) -> JsonSchema:
    if operation.body in {RawBody, FileBody}:
        return {OCTETS: {"schema": FILE}}
    taken = {FORM: {"schema": _form(operation.upload)}} if operation.upload else {}
    return {"application/json": {"schema": refs[operation.body]}, **taken}


def _form(upload: Upload) -> JsonSchema:
    files = {"type": "array", "items": FILE, "minItems": 1, "maxItems": upload.most}
    return {
        "type": "object",
        "properties": {upload.part: files},
        "required": [upload.part],
        "additionalProperties": False,
    }


def _answer(operation: Operation, refs: dict[type[BaseModel], JsonSchema]) -> JsonSchema:
    if isinstance(operation.answer, tuple):
        phrase = HTTPStatus(operation.status).phrase
        return {"description": phrase, "content": {media_type: {"schema": FILE} for media_type in operation.answer}}
    return _content(operation.status, "application/json", refs[operation.answer])


def _document_entry(name: str, summary: str) -> JsonSchema:
    return {
        "operationId": name,
        "tags": ["health"],
        "summary": summary,
        "responses": {"200": _content(HTTPStatus.OK, "application/json", {"type": "object"})},
        "security": [],
    }


def _security(operation: Operation) -> list[JsonSchema]:
    if operation.by_platform:
        return [{"platformKey": []}]
    if not operation.public:
        return [{"accessToken": []}]
    reads_token = f"{operation.path}/".startswith(PROTECTED_PREFIXES) and not operation.foreign
    return [{}, {"accessToken": []}] if reads_token else []


def _problems(operation: Operation) -> list[int]:
    always = ALWAYS_PROBLEMS if operation.public else ALWAYS_PROBLEMS + PROTECTED_PROBLEMS
    counted = () if operation.uncounted else (HTTPStatus.TOO_MANY_REQUESTS.value,)
    return sorted({*operation.problems, *always, *counted})


def _content(status: int, media_type: str, schema: JsonSchema) -> JsonSchema:
    description = PROBLEM_WORDS.get(status) or HTTPStatus(status).phrase
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in (*ALWAYS_SAID, *SAID_WITH.get(status, ()))}
    return {"description": description, "headers": headers, "content": {media_type: {"schema": schema}}}


def _path_parameters(operation: Operation) -> list[JsonSchema]:
    return [
        _parameter(name, "path", PATH_SCHEMAS[name], required=True) for name in PATH_PARAMETER.findall(operation.path)
    ]


def _query_parameters(operation: Operation) -> list[JsonSchema]:
    properties, _ = query_schemas(operation.query)
    fields = operation.query.model_fields.items()
    needed = {field.alias or name for name, field in fields if field.is_required()}
    return [_parameter(name, "query", schema, required=name in needed) for name, schema in properties.items()]


def _parameter(name: str, place: str, schema: JsonSchema, *, required: bool) -> JsonSchema:
    return {
        "name": name, "in": place, "required": required, "description": words_of(name, schema), "schema": schema
    }  # fmt: skip


def _header_parameters(operation: Operation) -> list[JsonSchema]:
    return [
        {"name": name, "in": "header", "description": description, "schema": HEADER_SCHEMAS.get(name, WORD)}
        for name, description in operation.headers.items()
    ]
