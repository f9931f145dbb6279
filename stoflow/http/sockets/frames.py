"""What a client may say on a socket, frame by frame, judged before python-socketio sees it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stoflow.domain.errors import InputError
from stoflow.domain.foreign import foreign_json
from stoflow.http.rest.strict_json import strict_json

RESERVED_EVENTS: Final = frozenset({"connect", "disconnect", "connect_error", "disconnecting", "message", "*"})
# python-socketio would run its own connect and disconnect handlers for events of these names.

PONG: Final = "3"
CLOSE: Final = "1"
MESSAGE: Final = "4"
DISCONNECT: Final = "1"
CONNECT: Final = "40"
EVENT: Final = "42"
EVENT_BODY = re.compile(r"(?:/,)?(?P<ack>[0-9]{0,15})(?P<json>\[.*)", re.DOTALL)
# What a marketplace wrote is in it: it is cleaned rather than refused, because an answer must not be lost for that.
ANSWER = re.compile(r'\[\s*"plugin_response"\s*,')
CONNECT_BODY = re.compile(r"(?:/,)?(?P<json>\{.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to our ping."""


@dataclass(frozen=True, slots=True)
class Connect:
    """The client says who it is."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The client says goodbye."""


@dataclass(frozen=True, slots=True)
class Event:
    """The client says something; `text` is the frame as it is to be passed on."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Bad:
    """Not to be passed on; the message may be shown to the sender."""

    code: str
    message: str


Frame = Pong | Connect | Leave | Event | Bad


def read_frame(text: str) -> Frame:
    """Say what a text frame is; only the default namespace, and only what a client has reason to send."""
    if text == PONG:
        return Pong()
    if is_leave(text):
        return Leave()
    read_packet = PACKETS.get(text[:2], _refuse)
    return read_packet(text[2:])


def is_leave(text: str) -> bool:
    return text == CLOSE or text.startswith(MESSAGE + DISCONNECT)


def _refuse(_: str) -> Frame:
    return Bad("bad_frame", "This is not a frame a client may send.")


def _refuse_binary(_: str) -> Frame:
    return Bad("binary", "Binary data is not accepted here.")


def _connect(body: str) -> Frame:
    match = CONNECT_BODY.fullmatch(body)
    if match is None:
        return Bad("bad_namespace", "There is only the default namespace.")
    try:
        if match["json"]:
            strict_json(match["json"])
    except InputError as error:
        return Bad("bad_json", str(error))
    return Connect()


def _event(body: str) -> Frame:
    match = EVENT_BODY.fullmatch(body)
    if match is None:
        return Bad("bad_frame", "An event is a JSON array in the default namespace.")
    is_answer = ANSWER.match(match["json"]) is not None
    try:
        said = foreign_json(match["json"]) if is_answer else strict_json(match["json"])
    except (InputError, ValueError) as error:
        return Bad("bad_json", str(error))
    text = json.dumps(said) if is_answer else match["json"]
    return _named(said, f"{EVENT}{body[: match.start('json')]}{text}")


def _named(said: list[Any], text: str) -> Frame:
    match said:
        case [str(name)] | [str(name), dict()]:
            pass
        case _:
            return Bad("bad_event", "An event is a name followed by one JSON object.")
    if name in RESERVED_EVENTS:
        return Bad("reserved_event", f"The name {name} is reserved.")
    return Event(name, text)


PACKETS: Final[Mapping[str, Callable[[str], Frame]]] = {
    CONNECT: _connect,
    EVENT: _event,
    "45": _refuse_binary,
    "46": _refuse_binary,
}
