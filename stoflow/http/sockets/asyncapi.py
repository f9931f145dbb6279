"""The AsyncAPI 3 document, made from the tables of what may be said on a socket and what is told over it."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from stoflow.http.rest.json_schemas import JsonSchema, known_values, schemas_of
from stoflow.http.rest.schemas import Given
from stoflow.http.sockets.events import FRONTEND_EVENTS, PLUGIN_EVENTS, FrontendHello, PluginHello
from stoflow.http.sockets.told import EVENTS_TO_FRONTENDS, TO_PLUGINS

ASYNCAPI_PATH: Final = "/asyncapi.json"
API_VERSION: Final = "1.0"
ADDRESS: Final = "/socket.io"
DESCRIPTION: Final = (
    "Socket.IO 5 over websocket. Say who you are with `auth` when you connect: see the schemas FrontendHello and"
    " PluginHello. Remember the `number` of the last event and give it as `last_event` when you connect again: what"
    " was missed is sent in order, once, and `events_missed` where it is not kept any more."
)
CHANNELS: Final[Mapping[str, tuple[Mapping[str, type[BaseModel]], Mapping[str, type[Given]]]]] = {
    "frontend": (EVENTS_TO_FRONTENDS, FRONTEND_EVENTS),
    "plugin": (TO_PLUGINS, PLUGIN_EVENTS),
}
"""By kind of client: what it is told, and what it may say."""


def asyncapi_document(marketplaces: Mapping[str, Any]) -> JsonSchema:
    """Return the document; `marketplaces` are those there are, each with the codes of its actions."""
    taken = {model for _, said in CHANNELS.values() for model in said.values()} | {FrontendHello, PluginHello}
    given = {model for told, _ in CHANNELS.values() for model in told.values()}
    refs, schemas = schemas_of(taken, given)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "StoFlow", "version": API_VERSION, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {kind: _channel(kind, {**told, **said}, refs) for kind, (told, said) in CHANNELS.items()},
        "operations": {
            f"{action}_{kind}_{name}": _operation(action, kind, name)
            for kind, (told, said) in CHANNELS.items()
            for action, names in (("send", told), ("receive", said))
            for name in names
        },
        "components": {"schemas": schemas | known_values(marketplaces)},
    }


def _channel(
    kind: str, events: Mapping[str, type[BaseModel]], refs: Mapping[type[BaseModel], JsonSchema]
) -> JsonSchema:
    return {
        "address": ADDRESS,
        "title": f"What a {kind} is told, and may say",
        "messages": {name: _message(name, model, refs) for name, model in events.items()},
    }


def _message(name: str, model: type[BaseModel], refs: Mapping[type[BaseModel], JsonSchema]) -> JsonSchema:
    return {"name": name, "summary": " ".join((model.__doc__ or "").split()), "payload": refs[model]}


def _operation(action: str, kind: str, name: str) -> JsonSchema:
    channel = f"#/channels/{kind}"
    return {"action": action, "channel": {"$ref": channel}, "messages": [{"$ref": f"{channel}/messages/{name}"}]}
