"""The protocol's document is what the code holds plugins to, and every plugin of ours speaks it."""

import pytest
from jsonschema import Draft202012Validator

from rules.plugin_protocol import PAGE, page
from stoflow.http.sockets.events import HELLO, PLUGIN_EVENTS
from stoflow.marketplaces.vinted import failures
from stoflow.marketplaces.vinted.commands import COMMANDS, ERRORS
from stoflow_sandbox.vinted.commands import COMMANDS as PLAYED
from tests.harness.plugin_judge import PROTOCOL

TOKEN = "a.b.c"
SAID = {
    "token": [{"token": TOKEN}],
    "plugin_response": [
        {"request_id": "12345678", "success": True, "data": {}},
        {"request_id": "12345678", "success": False, "error": {"code": "no_answer"}},
    ],
    "plugin_progress": [{"request_id": "12345678", "done": 1, "total": 3}],
    "session_update": [{"marketplace": "vinted", "ok": True}],
    "vinted_session_update": [{"ok": False, "reason": "The member is signed out."}],
    "datadome_detected": [{"reason": "A challenge."}],
}
WRONG = {
    "token": [{}, {"token": 1}, {"token": TOKEN, "more": 1}],
    "plugin_response": [
        {"request_id": "12345678", "success": True, "error": {"code": "x"}},
        {"request_id": "12345678", "success": False},
        {"request_id": "1234", "success": True},
    ],
    "plugin_progress": [{"request_id": "12345678", "done": -1, "total": 3}],
    "session_update": [{"ok": "yes"}],
    "vinted_session_update": [{}],
    "datadome_detected": [{"marketplace": "Vinted!"}],
}


def test_the_document_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


@pytest.mark.parametrize("name", PLUGIN_EVENTS)
def test_the_schema_of_an_event_takes_what_the_door_takes(name: str) -> None:
    schema = Draft202012Validator(PROTOCOL["from_plugin"][name])
    for said in SAID[name]:
        assert schema.is_valid(said), said
        PLUGIN_EVENTS[name].model_validate(said)
    for said in WRONG[name]:
        assert not schema.is_valid(said), said
        with pytest.raises(ValueError, match="validation error"):
            PLUGIN_EVENTS[name].model_validate(said)


def test_the_schema_of_the_hello_takes_what_the_door_takes() -> None:
    schema = Draft202012Validator(PROTOCOL["hello"])
    hello = {"token": TOKEN, "client": "plugin", "plugin_id": "laptop"}
    HELLO.validate_python(hello)
    assert schema.is_valid(hello)
    for wrong in ({**hello, "plugin_id": ""}, {**hello, "client": "robot"}, {"client": "plugin", "plugin_id": "x"}):
        assert not schema.is_valid(wrong), wrong


def test_every_command_is_one_that_the_headless_plugin_does_and_repeats_as_it_says() -> None:
    assert {spec.action: spec.acts for spec in COMMANDS} == {name: each.acts for name, each in PLAYED.items()}


def test_every_code_of_a_failure_has_a_meaning_of_its_own() -> None:
    by_status = {f"http_{failures.HTTP}"} | {code for code in failures.BY_CODE if code.startswith(failures.HTTP)}
    assert ERRORS.keys() == (failures.BY_CODE.keys() | {"unknown_action"}) - by_status


def test_what_passes_by_itself_is_no_connect_error() -> None:
    assert PROTOCOL["refusals"]["come_back"] == [1011, 1013]
    assert not {"try_again", "too_many", "broken"} & set(PROTOCOL["refusals"]["never"])
