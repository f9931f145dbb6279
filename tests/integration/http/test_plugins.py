"""The plugin's way: its commands, its answers, its presence, and what happens when either end goes away."""

import json
import socket
import time
from dataclasses import replace
from functools import partial
from queue import Queue
from typing import Any
from uuid import uuid4

import pytest
import socketio
from redis import Redis

from stoflow.domain.call import Answer
from stoflow.http.app import ApiOptions
from stoflow.http.sockets.limits import SocketTimes
from stoflow.http.sockets.redis_feed import events
from stoflow.http.sockets.relay import Relay
from stoflow_sandbox.plugin import HeadlessPlugin, PluginOptions
from stoflow_sandbox.plugin_link import Link, TokenSource

NEVER_S = 3600.0
OFTEN_S = 0.05


def request() -> str:
    return str(uuid4())


def test_a_command_goes_out_and_its_answer_comes_in_over_the_real_client(api: Any) -> None:
    heard: Queue[Any] = Queue()
    client = socketio.Client()
    client.on("plugin_command", heard.put)
    auth = {"token": api.token(), "client": "plugin", "plugin_id": "laptop"}
    client.connect(api.url, auth=auth, transports=["websocket"])
    try:
        name, tenant, plugin_id, _ = api.use_cases.next_said()
        assert (name, tenant, plugin_id) == ("connected", api.alice, "laptop")
        request_id = request()
        api.use_cases.add_command(api.alice, request_id)
        api.wire.say(tenant=api.alice, event="plugin_command")
        command = heard.get(timeout=10)
        assert command.keys() == {"request_id", "action", "payload", "deadline", "left_s", "attempt"}
        assert command["left_s"] == 120.0
        assert (command["action"], command["payload"]) == ("vinted.draft.create", {"title": "Coat"})
        response = {"request_id": command["request_id"], "success": True, "data": {"id": 5}}
        assert client.call("plugin_response", response) == {"ok": True}
        answer = Answer(success=True, data={"id": 5})
        assert api.use_cases.next_said() == ("answer", api.alice, "laptop", request_id, answer)
    finally:
        client.disconnect()
    assert api.use_cases.next_said()[:3] == ("gone", api.alice, "laptop")


def test_the_reference_plugin_that_came_in_an_outage_comes_back_by_itself(api: Any) -> None:
    api.use_cases.away = True
    troubles: Queue[str] = Queue()
    link = _link(api.url, api.token(), troubles)
    link.start()
    try:
        assert api.use_cases.missed.wait(10)
        assert "closed the connection before it answered" in troubles.get(timeout=10)
        api.use_cases.away = False
        assert link.ready.wait(10)
        assert api.use_cases.next_said()[:3] == ("connected", api.alice, "laptop")
    finally:
        link.stop()


def test_the_reference_plugin_says_why_it_cannot_connect(api: Any) -> None:
    troubles: Queue[str] = Queue()
    link = _link(api.url, "not.a.token", troubles)
    link.start()
    try:
        told = "StoFlow refuses the plugin: The token is not valid. Give it a newer token: `stoflow token --tenant ID`."
        assert troubles.get(timeout=10) == told
    finally:
        link.stop()


def test_the_reference_plugin_says_that_what_it_was_sent_to_is_no_api() -> None:
    troubles: Queue[str] = Queue()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        link = _link(url, "a.b.c", troubles)
        link.start()
        try:
            end, _ = listener.accept()
            with end:
                end.recv(4096)
                end.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                told = f"{url} answered HTTP 404 instead of opening a socket: is it StoFlow's api?"
                assert troubles.get(timeout=10) == told
        finally:
            link.stop()


def _link(url: str, token: str, troubles: "Queue[str]") -> Link:
    return Link(
        url, TokenSource(token), "laptop", on_open=lambda: None, on_command=lambda _: None, on_trouble=troubles.put
    )


def test_a_failure_is_passed_on_with_its_three_fields(api: Any) -> None:
    plugin = api.plugin()
    api.use_cases.next_said()
    error = {"code": "429", "message": "Too many", "retryable": True}
    request_id = request()
    plugin.emit("plugin_response", {"request_id": request_id, "success": False, "error": error})
    answer = Answer(success=False, error_code="429", error_message="Too many", retryable=True)
    assert api.use_cases.next_said()[-1] == answer


ODD_ANSWERS = {
    "NUL": (r'{"title": "A\u0000 coat"}', {"title": "A coat"}),
    "half a character": (r'{"title": "\ud83d coat"}', {"title": "\ufffd coat"}),
    "no number": ('{"price": NaN, "left": 1e999}', {"price": None, "left": None}),
    "a number of many digits": (f'{{"id": {"9" * 5000}}}', {"id": None}),
}


@pytest.mark.parametrize(("data", "kept"), ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_an_answer_is_not_lost_for_what_a_seller_wrote(api: Any, data: str, kept: Any) -> None:
    plugin = api.plugin()
    api.use_cases.next_said()
    said = f'{{"request_id": "{request()}", "success": true, "data": {data}}}'
    plugin.send(f'42["plugin_response", {said}]')
    assert api.use_cases.next_said()[-1] == Answer(success=True, data=kept)


def test_a_failure_is_not_lost_for_its_words(api: Any) -> None:
    plugin = api.plugin()
    api.use_cases.next_said()
    error = {"code": 429, "message": "Too\x00 many\n" + "x" * 150_000}
    plugin.emit("plugin_response", {"request_id": request(), "success": False, "error": error})
    answer = api.use_cases.next_said()[-1]
    assert (answer.error_code, answer.error_message[:10], len(answer.error_message)) == ("429", "Too many x", 2000)


def test_a_command_that_waits_is_sent_when_the_plugin_connects(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(poll_s=NEVER_S)))
    request_id = request()
    api.use_cases.add_command(api.alice, request_id)
    assert api.plugin().event()[1]["request_id"] == request_id


def test_a_hint_brings_a_command_out_at_once(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(poll_s=NEVER_S)))
    plugin = api.plugin()
    first, second = request(), request()
    api.use_cases.add_command(api.alice, first)
    api.wire.say(tenant=api.alice, event="plugin_command")
    assert plugin.event()[1]["request_id"] == first
    api.use_cases.add_command(api.alice, second)
    api.wire.say(tenant=api.alice, event="plugin_command")
    assert plugin.event()[1]["request_id"] == second  # and the first one not again on the same socket


def test_without_any_hint_a_command_comes_out_by_itself(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(poll_s=OFTEN_S)))
    plugin = api.plugin()
    request_id = request()
    api.use_cases.add_command(api.alice, request_id)
    assert plugin.event()[1]["request_id"] == request_id


def test_an_unanswered_command_is_sent_again_to_the_same_plugin_only(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(poll_s=NEVER_S)))
    request_id = request()
    api.use_cases.add_command(api.alice, request_id)
    laptop = api.plugin(plugin_id="laptop")
    assert laptop.event()[1]["request_id"] == request_id
    laptop.connection.close()
    phone = api.plugin(plugin_id="phone")
    own = request()
    api.use_cases.add_command(api.alice, own, bound_to="phone")
    api.wire.say(tenant=api.alice, event="plugin_command")
    assert phone.event()[1]["request_id"] == own
    assert api.plugin(plugin_id="laptop").event()[1]["request_id"] == request_id


def test_of_two_plugins_only_one_receives_a_command(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(poll_s=NEVER_S)))
    plugins = [api.plugin(plugin_id=name) for name in ("a", "b")]
    shared = request()
    api.use_cases.add_command(api.alice, shared)
    last = {name: request() for name in ("a", "b")}
    for name, request_id in last.items():
        api.use_cases.add_command(api.alice, request_id, bound_to=name)
    api.wire.say(tenant=api.alice, event="plugin_command")
    received = [plugin.event()[1]["request_id"] for plugin in plugins]
    assert received.count(shared) == 1
    rest = plugins[received.index(shared)].event()[1]["request_id"]
    assert {*received, rest} == {shared, *last.values()}


def test_a_command_never_reaches_another_tenants_plugin(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(poll_s=NEVER_S)))
    hers, his = api.plugin(api.alice, "same"), api.plugin(api.bob, "same")
    for tenant in (api.alice, api.bob):
        api.use_cases.add_command(tenant, f"request-{tenant}")
        api.wire.say(tenant=tenant, event="plugin_command")
    assert hers.event()[1]["request_id"] == f"request-{api.alice}"
    assert his.event()[1]["request_id"] == f"request-{api.bob}"


def test_an_answer_that_could_not_be_stored_is_asked_for_again(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(poll_s=OFTEN_S)))
    plugin = api.plugin()
    request_id = request()
    api.use_cases.add_command(api.alice, request_id)
    response = {"request_id": plugin.event()[1]["request_id"], "success": True, "data": {}}
    api.use_cases.away = True
    plugin.emit("plugin_response", response)
    assert plugin.error() == "try_again"
    api.use_cases.away = False
    assert plugin.event() == ("plugin_command", plugin_command(api, request_id))
    plugin.emit("plugin_response", response)
    assert [api.use_cases.next_said()[0] for _ in range(2)] == ["connected", "answer"]


def plugin_command(api: Any, request_id: str) -> dict[str, Any]:
    command, _ = api.use_cases.commands[request_id]
    return {
        "request_id": request_id,
        "action": command.action,
        "payload": command.payload,
        "deadline": command.deadline.isoformat(),
        "left_s": command.left_s,
        "attempt": command.attempt,
    }


def test_a_command_of_a_trace_says_so(api: Any) -> None:
    plugin, request_id = api.plugin(), request()
    api.use_cases.add_command(api.alice, request_id)
    command, bound = api.use_cases.commands[request_id]
    traced = replace(command, traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    api.use_cases.commands[request_id] = traced, bound
    api.wire.say(tenant=api.alice, event="plugin_command")
    told = {**plugin_command(api, request_id), "traceparent": traced.traceparent}
    assert plugin.event() == ("plugin_command", told)


def test_a_plugin_that_connects_again_replaces_itself_and_is_not_gone(api: Any) -> None:
    old = api.plugin()
    new = api.plugin()
    assert "connected again" in old.until_closed()
    new.emit("datadome_detected", {})
    said = [api.use_cases.next_said() for _ in range(3)]
    assert [words[0] for words in said] == ["connected", "connected", "session"]
    assert said[2][1:4] == (api.alice, "vinted", False)
    new.connection.close()
    assert api.use_cases.next_said() == ("gone", api.alice, "laptop", said[1][3])


@pytest.mark.parametrize("goodbye", ["41", "1"])
def test_a_plugin_that_says_goodbye_is_gone(api: Any, goodbye: str) -> None:
    plugin = api.plugin()
    plugin.send(goodbye)
    plugin.until_closed()
    assert [api.use_cases.next_said()[0] for _ in range(2)] == ["connected", "gone"]


def test_frontends_are_told_when_the_plugin_comes_and_goes(api: Any) -> None:
    frontend = api.frontend()
    plugin = api.plugin()
    event, presence = frontend.event()
    assert (event, presence["connected"]) == ("vinted_connection_status", True)
    plugin.emit("plugin_progress", {"request_id": "request-1", "done": 2, "total": 5})
    assert frontend.event() == ("plugin_progress", {"request_id": "request-1", "done": 2, "total": 5})
    plugin.connection.close()
    event, presence = frontend.event()
    assert (event, presence["connected"]) == ("vinted_connection_status", False)


def test_a_departure_postgres_did_not_hear_is_told_again(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(poll_s=OFTEN_S)))
    plugin = api.plugin()
    api.use_cases.next_said()
    api.use_cases.deaf = 2
    plugin.connection.close()
    assert api.use_cases.next_said()[0] == "gone"
    assert api.use_cases.deaf == 0


def test_two_api_processes_tell_each_others_frontends(start_api: Any, redis_url: str) -> None:
    relays = [Relay(redis_url, channel="stoflow-test:sockets") for _ in range(2)]
    first = start_api(relay=relays[0])
    second = start_api(relay=relays[1], use_cases=first.use_cases)
    frontend = first.frontend()
    second.frontend(second.bob)  # a manager begins to listen with its first client
    for relay in relays:
        relay.wait_until_listening(10)
    second.plugin()
    event, presence = frontend.event()
    assert (event, presence["connected"]) == ("vinted_connection_status", True)


def test_without_redis_each_process_goes_on_with_its_own_sockets(start_api: Any) -> None:
    api = start_api(relay=Relay("redis://127.0.0.1:1/0", channel="nowhere"))
    frontend = api.frontend()
    api.plugin()
    assert frontend.event()[0] == "vinted_connection_status"


def test_the_reference_plugin_and_the_door_understand_each_other(api: Any) -> None:
    plugin = HeadlessPlugin(api.url, api.token(), "http://127.0.0.1:1", PluginOptions(plugin_id="headless-1"))
    plugin.start()
    try:
        said = [api.use_cases.next_said() for _ in range(2)]
        assert said[0][:3] == ("connected", api.alice, "headless-1")
        assert said[1] == ("session", api.alice, "vinted", True, "")
        request_id = request()
        api.use_cases.add_command(api.alice, request_id)
        api.wire.say(tenant=api.alice, event="plugin_command")
        name, tenant, plugin_id, answered, answer = api.use_cases.next_said()
        assert (name, tenant, plugin_id, answered) == ("answer", api.alice, "headless-1", request_id)
        assert (answer.success, bool(answer.error_code)) == (False, True)
    finally:
        plugin.stop()


def test_the_reference_plugin_comes_in_where_only_named_pages_may(start_api: Any) -> None:
    api = start_api(ApiOptions(cors_origins=["https://shop.example"]))
    plugin = HeadlessPlugin(api.url, api.token(), "http://127.0.0.1:1", PluginOptions(plugin_id="headless-1"))
    plugin.start()
    try:
        assert api.use_cases.next_said()[:3] == ("connected", api.alice, "headless-1")
    finally:
        plugin.stop()


def test_what_redis_brings_reaches_the_sockets_and_noise_does_not(start_api: Any, redis_url: str) -> None:
    api = start_api(feed=partial(events, redis_url, "stoflow-test:feed"))
    frontend = api.frontend()
    said = {"job_id": 7, "status": "running", "marketplace": "vinted", "action": "publish"}
    news = {"tenant": api.alice, "event": "job_status_update", "data": said}
    with Redis.from_url(redis_url) as redis:
        until = time.monotonic() + 10
        while not redis.publish("stoflow-test:feed", "\xff{"):
            assert time.monotonic() < until
        for text in ("[]", "1", "[" * 100_000, json.dumps(news | {"tenant": "1"}), json.dumps(news)):
            redis.publish("stoflow-test:feed", text)
    assert frontend.event() == ("job_status_update", said)


def test_a_plugin_taken_for_offline_is_announced_again_and_others_are_not(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(poll_s=OFTEN_S)))
    hers, _ = api.plugin(api.alice), api.plugin(api.bob)
    connected = api.use_cases.next_said()
    assert api.use_cases.next_said()[1] == api.bob
    api.use_cases.taken_for_offline.add(api.alice)
    assert api.use_cases.next_said() == connected
    hers.emit("vinted_session_update", {"ok": True})
    assert api.use_cases.next_said()[0] == "session"
