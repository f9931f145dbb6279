"""The protocol of plugins as one document of JSON Schemas: hello, events, commands with their answers, failures."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel

from stoflow.http.rest.json_schemas import BodySchema, JsonSchema
from stoflow.http.sockets.events import PLUGIN_EVENTS, PluginHello
from stoflow.http.sockets.limits import MAX_FRAME_BYTES, MAX_HELLO_CHARACTERS, SocketTimes
from stoflow.http.sockets.refusals import CODES, COME_BACK
from stoflow.http.sockets.told import TO_PLUGINS
from stoflow.marketplaces.contract import CommandSpec, Marketplace

PROTOCOL_PATH: Final = "/plugin-protocol.json"
PROTOCOL_VERSION: Final = "1.0"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
STATUS: Final = {"type": "integer", "minimum": 100, "maximum": 599, "description": "The site's HTTP status."}
WAIT: Final = {"type": "number", "minimum": 0, "description": "The site's own Retry-After, in seconds."}


def plugin_protocol(marketplaces: Iterable[Marketplace]) -> JsonSchema:
    """Return the document; `marketplaces` are those there are, of which those reached by a plugin have commands."""
    plugins = {place.name: place.plugin for place in marketplaces if place.plugin is not None}
    return {
        "title": "What StoFlow and a seller's plugin say to each other",
        "version": PROTOCOL_VERSION,
        "dialect": DIALECT,
        "transport": _transport(),
        "hello": _schema(PluginHello),
        "refusals": {"never": sorted(_never()), "come_back": sorted({*COME_BACK.values()})},
        "from_plugin": _events(PLUGIN_EVENTS, "validation"),
        "to_plugin": _events(TO_PLUGINS, "serialization"),
        "commands": {spec.action: _command(spec) for plugin in plugins.values() for spec in plugin.commands},
        "errors": {name: dict(plugin.errors) for name, plugin in plugins.items()},
    }


def _transport() -> dict[str, Any]:
    times = SocketTimes()
    return {
        "path": "/socket.io",
        "websocket_only": True,
        "frame_bytes": MAX_FRAME_BYTES,
        "hello_characters": MAX_HELLO_CHARACTERS,
        "hello_within_s": times.connect_s,
        "token_grace_s": times.token_grace_s,
    }


def _never() -> set[str]:
    """Return the codes of a CONNECT_ERROR: what does not pass by itself."""
    return {code for status, code in CODES.items() if status not in COME_BACK}


def _events(models: Mapping[str, type[BaseModel]], mode: Any) -> dict[str, JsonSchema]:
    return {name: _schema(model, mode) for name, model in models.items()}


def _command(spec: CommandSpec) -> dict[str, Any]:
    return {"summary": spec.summary, "acts": spec.acts, "payload": _schema(spec.payload), "data": data_schema(spec)}


def data_schema(spec: CommandSpec) -> JsonSchema:
    """Return the schema of `data` in the answer of a command that was done."""
    body = _schema(spec.body)
    definitions = {"$defs": body.pop("$defs")} if "$defs" in body else {}
    fields = {"status": STATUS, "body": body, "retry_after_s": WAIT}
    return {"type": "object", "properties": fields, "required": ["status", "body"], **definitions}


def _schema(model: type[BaseModel], mode: Any = "validation") -> JsonSchema:
    return model.model_json_schema(schema_generator=BodySchema, mode=mode)
