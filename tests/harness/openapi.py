"""A marketplace's own OpenAPI file as judge of requests and answers, corrected in memory as its README asks."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from stoflow.domain.call import Reply, Request

JSON_BODY = "application/json"
FORM_BODY = "application/x-www-form-urlencoded"
MULTIPART_BODY = "multipart/form-data"
SET_BY_THE_TRANSPORT = frozenset({"content-type", "authorization"})
NO_CONTENT = 204
ERRORS_FROM = 400
# Any operation may answer so, whether its list says it or not: token, right, pace, and what no client can prevent.
ANYWHERE = frozenset({401, 403, 429, 500, 502, 503, 504})
# Answered by any operation, or seen on the wire by several independent programs, though no file lists them.
UNLISTED_ERRORS = frozenset({1001, 1002, 1003, 1100, 2001, 2002, 2003, 2004, 3001, 3002, 3004, 3005, 25002, 25713})


@dataclass(frozen=True)
class Operation:
    """One operation of a file; `partial` is `root` where nothing is required."""

    said: Mapping[str, Any]
    root: Mapping[str, Any]
    partial: Mapping[str, Any]

    def request_errors(self, request: Request) -> Iterator[str]:
        yield from self.parameter_errors(request)
        yield from self.encoding_errors(request)
        kind = _encoding(request)
        if kind in self._bodies:
            yield from self._body_errors(self._bodies[kind]["schema"], request)

    def encoding_errors(self, request: Request) -> Iterator[str]:
        """Yield what is wrong with how a body is written, whatever it says."""
        kind = _encoding(request)
        if not kind or kind in self._bodies:
            return
        if self._bodies:
            yield f"{request.path} takes {', '.join(self._bodies)}, not {kind}."
        elif not request.files and request.json != {}:  # eBay asks for a picture, and for `{}`, without saying so
            yield f"{request.path} takes no body."

    def reply_errors(self, reply: Reply) -> Iterator[str]:
        declared = self.said["responses"].get(str(reply.status))
        if declared is None and reply.status not in ANYWHERE:
            yield f"{reply.status} is not declared."
            return
        if reply.status >= ERRORS_FROM and isinstance(reply.body, Mapping) and "errors" in reply.body:
            yield from self._listed_errors(reply.body["errors"])
            return
        content = (declared or {}).get("content", {})
        if not reply.text:
            yield from (f"{reply.status} has a body." for _ in content if reply.status != NO_CONTENT)
        elif content:
            schema = next(iter(content.values()))["schema"]
            if reply.status >= ERRORS_FROM:
                yield from _against(self.root, schema, reply.body)
            else:  # the sandbox leaves out what StoFlow does not read
                yield from _against(self.partial, _without_required(schema), reply.body)

    @cached_property
    def error_ids(self) -> Mapping[int, frozenset[int]]:
        """The ids of errors and warnings that eBay's files list, by status."""
        lists = {
            int(status): response.get("x-response-codes", {}) for status, response in self.said["responses"].items()
        }
        return {status: frozenset(map(int, listed.get("errors") or ())) for status, listed in lists.items() if listed}

    def _listed_errors(self, errors: list[Mapping[str, Any]]) -> Iterator[str]:
        """eBay's files show one error where an answer carries a list of them."""
        known = UNLISTED_ERRORS.union(*self.error_ids.values())
        for error in errors:
            yield from _against(self.root, {"$ref": "#/components/schemas/Error"}, error)
            if error.get("errorId") not in known:
                yield f"The file lists no error {error.get('errorId')} here."

    def parameter_errors(self, request: Request) -> Iterator[str]:
        """Yield what is wrong with the query and the headers."""
        declared = [resolved(self.root, parameter) for parameter in self.said["parameters"]]
        given = {"query": set(request.query), "header": {name.lower() for name in request.headers}}
        for place, names in given.items():
            known = {parameter["name"].lower() for parameter in declared if parameter["in"] == place}
            required = {one["name"].lower() for one in declared if one["in"] == place and one.get("required")}
            yield from (f"{place} {name} is unknown." for name in {name.lower() for name in names} - known)
            yield from (f"{place} {name} is missing." for name in required - names - SET_BY_THE_TRANSPORT)
        schemas = {parameter["name"]: parameter["schema"] for parameter in declared if parameter["in"] == "query"}
        for name, text in request.query.items():
            schema = resolved(self.root, schemas.get(name, {}))
            yield from (f"query {name}: {error}" for error in _against(self.root, schema, _value(text, schema)))

    @property
    def _bodies(self) -> Mapping[str, Any]:
        """The bodies it takes, by their encoding."""
        return self.said.get("requestBody", {}).get("content", {})

    def _body_errors(self, schema: Mapping[str, Any], request: Request) -> Iterator[str]:
        whole = resolved(self.root, schema)
        body = request.json if request.json is not None else _typed(whole, request)
        unknown = set(body) - set(whole.get("properties", {}))
        yield from (f"{name} is no field of {request.path}." for name in unknown)
        yield from _against(self.root, whole, body)


@dataclass(frozen=True)
class Document:
    """One OpenAPI file; `prefix` is what stands before its paths in ours."""

    prefix: str
    root: Mapping[str, Any]
    _found: dict[tuple[str, str], Operation] = field(default_factory=dict[tuple[str, str], Operation])

    def errors(self, request: Request) -> Iterator[str]:
        """Yield what the file says against a request that falls under it."""
        operation = self.operation(request.method, request.path)
        yield from operation.request_errors(request) if operation else [_not_in_the_file(request)]

    def reply_errors(self, request: Request, reply: Reply) -> Iterator[str]:
        """Yield what the file says against the answer to such a request."""
        operation = self.operation(request.method, request.path)
        yield from operation.reply_errors(reply) if operation else [_not_in_the_file(request)]

    def operation(self, method: str, path: str) -> Operation | None:
        """Return the operation that a call falls under; a path that is written out goes before a pattern."""
        path = path.removeprefix(self.prefix)
        for template, item in sorted(self.root["paths"].items(), key=lambda entry: entry[0] != path):
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) and method.lower() in item:
                return self._operation(template, method.lower())
        return None

    def named(self, operation_id: str) -> Operation:
        """Return the operation with that name."""
        for template, item in self.root["paths"].items():
            for method, operation in item.items():
                if isinstance(operation, Mapping) and operation.get("operationId") == operation_id:
                    return self._operation(template, method)
        raise KeyError(operation_id)

    @cached_property
    def _partial(self) -> Mapping[str, Any]:
        return {"components": _without_required(self.root.get("components", {}))}

    def _operation(self, template: str, method: str) -> Operation:
        if (template, method) not in self._found:
            item = self.root["paths"][template]
            said = item[method]
            parameters = [*item.get("parameters", []), *said.get("parameters", [])]
            self._found[template, method] = Operation({**said, "parameters": parameters}, self.root, self._partial)
        return self._found[template, method]


def _not_in_the_file(request: Request) -> str:
    return f"{request.method} {request.path} is not in the contract."


def resolved(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference stands for."""
    while "$ref" in schema:
        found: Any = root
        for key in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found[key]
        schema = found
    return schema


def read_document(path: Path, prefix: str) -> Document:
    """Return an OpenAPI file, corrected as its README asks."""
    return Document(prefix, _corrected(json.loads(path.read_text(encoding="utf-8"))))


def _against(root: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    validator = Draft202012Validator({**schema, "components": root.get("components", {})})
    yield from (f"{error.json_path}: {error.message}" for error in validator.iter_errors(value))


def _without_required(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_required(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_required(value) for key, value in node.items() if key != "required" or isinstance(value, dict)
    }


def _encoding(request: Request) -> str:
    """Return how the body is written, "" where there is none."""
    if request.json is not None:
        return JSON_BODY
    return MULTIPART_BODY if request.files else "" if request.form is None else FORM_BODY


def _typed(schema: Mapping[str, Any], request: Request) -> dict[str, Any]:
    """Return a form's texts as the values they stand for."""
    properties = schema.get("properties", {})
    form = {name: _value(text, properties.get(name, {})) for name, text in (request.form or {}).items()}
    return {**form, **{part.field: "a file" for part in request.files}}


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    declared = schema.get("type")
    match declared[0] if isinstance(declared, list) else declared:
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "boolean":
            return {"true": True, "false": False}[text]
        case "array":
            return [_value(each, schema["items"]) for each in text.split(",")]
        case _:
            return text


def _corrected(node: Any, name: str = "") -> Any:
    if isinstance(node, list):
        return [_corrected(item) for item in node]
    if not isinstance(node, dict):
        return node
    if name == "aspects" and node.get("type") == "string":
        return {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    fixed = {key: _corrected(value, key) for key, value in node.items()}
    if fixed.get("type") == "object" and isinstance(fixed.get("enum"), list):
        fixed["type"] = "string"
    return _or_null(fixed) if fixed.pop("nullable", False) is True else fixed


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, {"type": "null"}]}
    choices = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **choices}
