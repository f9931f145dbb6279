"""The marketplaces' own OpenAPI files as judges of our requests, with the corrections their README asks for, in memory."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from stoflow.domain.call import Request

JSON_BODY = "application/json"
FORM_BODY = "application/x-www-form-urlencoded"
MULTIPART_BODY = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Document:
    """One OpenAPI file; `prefix` is what stands before its paths in ours."""

    prefix: str
    root: Mapping[str, Any]

    def errors(self, request: Request) -> Iterator[str]:
        """Yield what the contract says against a request that falls under it."""
        operation = self._operation(request)
        if operation is None:
            yield f"{request.method} {request.path} is not in the contract."
            return
        yield from self._parameter_errors(operation, request)
        content = operation.get("requestBody", {}).get("content", {})
        kind = JSON_BODY if request.json is not None else MULTIPART_BODY if request.files else FORM_BODY
        if request.json is None and request.form is None and not request.files:
            return
        if not content and not request.files:
            yield f"{request.path} takes no body."
        elif content and kind not in content:
            yield f"{request.path} takes {', '.join(content)}, not {kind}."
        elif content:
            yield from self._body_errors(content[kind]["schema"], request)

    def _operation(self, request: Request) -> Mapping[str, Any] | None:
        path = request.path.removeprefix(self.prefix)
        for template, item in self.root["paths"].items():
            pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
            if re.fullmatch(pattern, path) and request.method.lower() in item:
                shared = item.get("parameters", [])
                operation = item[request.method.lower()]
                return {**operation, "parameters": [*shared, *operation.get("parameters", [])]}
        return None

    def _parameter_errors(self, operation: Mapping[str, Any], request: Request) -> Iterator[str]:
        declared = [self._resolved(parameter) for parameter in operation["parameters"]]
        given = {"query": set(request.query), "header": {name.lower() for name in request.headers}}
        for place, names in given.items():
            known = {parameter["name"].lower() for parameter in declared if parameter["in"] == place}
            required = {one["name"].lower() for one in declared if one["in"] == place and one.get("required")}
            yield from (f"{place} {name} is unknown." for name in {name.lower() for name in names} - known)
            yield from (f"{place} {name} is missing." for name in required - names - {"content-type", "authorization"})

    def _body_errors(self, schema: Mapping[str, Any], request: Request) -> Iterator[str]:
        whole = self._resolved(schema)
        body = request.json if request.json is not None else self._typed(whole, request)
        unknown = set(body) - set(whole.get("properties", {}))
        yield from (f"{name} is no field of {request.path}." for name in unknown)
        validator = Draft202012Validator({**whole, "components": self.root.get("components", {})})
        yield from (f"{error.json_path}: {error.message}" for error in validator.iter_errors(body))

    def _typed(self, schema: Mapping[str, Any], request: Request) -> dict[str, Any]:
        """Return a form's texts as the values they stand for."""
        properties = schema.get("properties", {})
        form = {name: _value(text, properties.get(name, {})) for name, text in (request.form or {}).items()}
        return {**form, **{part.field: "a file" for part in request.files}}

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found: Any = self.root
        for key in str(reference).removeprefix("#/").split("/"):
            found = found[key]
        return self._resolved(found)


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
            return text.split(",")
        case _:
            return text


def read_document(path: Path, prefix: str) -> Document:
    """Return an OpenAPI file, corrected as its README asks."""
    return Document(prefix, _corrected(json.loads(path.read_text(encoding="utf-8"))))


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
    if fixed.pop("nullable", False) is True and isinstance(fixed.get("type"), str):
        fixed["type"] = [fixed["type"], "null"]
    return fixed
