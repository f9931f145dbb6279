"""One plugin before a station: what it is asked, and what it says, held against the protocol."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from stoflow.domain.call import Answer
from stoflow.http.sockets.events import PluginResponse
from stoflow.marketplaces.vinted.commands import COMMANDS, ERRORS
from stoflow_sandbox.vinted.conformance.station import Station
from stoflow_sandbox.vinted.conformance.wire import Heard

BODIES: Final = {spec.action: spec.body for spec in COMMANDS}
STATUS_CODE = re.compile(r"http_[1-5][0-9][0-9]")


class Wrong(Exception):
    """The plugin does otherwise; the message says what, and what it should do."""


@dataclass
class Trial:
    """One plugin before a station; `within_s` is how long it may take for anything."""

    station: Station
    within_s: float
    session: str = field(default_factory=lambda: str(uuid4()))
    photo: int = 0
    listing: str = ""
    created: tuple[str, Mapping[str, Any], Answer] | None = None

    def do(self, action: str, payload: Mapping[str, Any], **more: Any) -> Answer:
        """Return what a command is answered, held against the protocol."""
        request_id = self.station.command(action, payload, **more)
        return self.answer(action, request_id)

    def answer(self, action: str, request_id: str, *, since: int = 0) -> Answer:
        heard = self.hear("plugin_response", lambda said: said.get("request_id") == request_id, since=since)
        if heard is None:
            raise Wrong(f"{action} was not answered within {self.within_s:.0f} s")
        validate(PluginResponse, heard.data, "plugin_response")
        return judged(action, heard.data)

    def hear(
        self, name: str, is_it: Callable[[Any], bool] = lambda _: True, *, since: int = 0, within_s: float = 0.0
    ) -> Heard | None:
        wire = self.station.wire
        return wire.wait_for(
            lambda heard: heard.name == name and is_it(heard.data), since=since, within_s=within_s or self.within_s
        )

    def draft(self, **more: Any) -> dict[str, Any]:
        """Return the fields of something to sell."""
        return {
            "currency": "EUR",
            "temp_uuid": self.session,
            "title": "A wool coat",
            "description": "Warm and grey.",
            "catalog_id": 1037,
            "price": 12.0,
            "package_size_id": 1,
            "color_ids": [1],
            "item_attributes": [{"code": "condition", "ids": [2]}],
            **more,
        }


def judged(action: str, said: Mapping[str, Any]) -> Answer:
    """Return the answer; raise Wrong where the protocol does not have it."""
    error = said.get("error") or {}
    if said["success"]:
        data = said.get("data") or {}
        validate(int, data.get("status"), f"`data.status` of {action}")
        validate(BODIES[action], data.get("body"), f"`data.body` of {action}")
    elif error["code"] not in ERRORS and not STATUS_CODE.fullmatch(str(error["code"])):
        raise Wrong(f"it answered {action} with {error['code']}, which is no code of the protocol")
    return Answer(
        success=said["success"],
        data=said.get("data") or {},
        error_code=str(error.get("code", "")),
        error_message=error.get("message", ""),
        retryable=error.get("retryable", False),
    )


def validate(model: type[Any], said: Any, what: str) -> None:
    try:
        TypeAdapter(model).validate_python(said)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'all of it'}: {one['msg']}" for one in error.errors())
        raise Wrong(f"{what} does not fit its schema: {faults[:500]}") from None


def done(answer: Answer, action: str) -> Mapping[str, Any]:
    """Return the site's JSON."""
    if not answer.success:
        raise Wrong(f"{action} failed: {answer.error_code}, {answer.error_message}")
    return answer.data["body"]


def failed(answer: Answer, code: str) -> None:
    if answer.success or answer.error_code != code:
        raise Wrong(f"it answered {answer.error_code or 'that it was done'}, not {code}")
