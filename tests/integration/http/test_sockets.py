"""Sockets: who comes in, what is heard and told, and every defence against a client that means ill."""

import asyncio
import json
import logging
import time
from typing import Any

import httpx
import pytest
from uvicorn.protocols.utils import ClientDisconnected
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from stoflow.http.app import ApiOptions
from stoflow.http.auth.auth import TenantStatus
from stoflow.http.auth.keys import SigningKeys
from stoflow.http.auth.tokens import LIFETIME_S, AccessTokens
from stoflow.http.sockets.guarded_socket import TRY_AGAIN_LATER
from stoflow.http.sockets.limits import SocketLimits, SocketTimes

KIB = 1024
OFTEN = SocketTimes(poll_s=0.1)


JOB = {"job_id": 1, "marketplace": "vinted", "action": "publish"}


UPGRADE_HEADERS = [(b"host", b"a"), (b"connection", b"Upgrade"), (b"upgrade", b"websocket")]


def news(api: Any, tenant: int, status: str) -> None:
    """Let a job go on, which only passes, or come to an end, which is an event that the hint is of."""
    if status != "running":
        api.use_cases.tell(tenant, "job_status_update", {**JOB, "status": status})
    api.wire.say(tenant=tenant, event="job_status_update", data={**JOB, "status": status})


def job_told(socket: Any) -> tuple[str, int | None]:
    """Return the status, and the number, of the next thing told, which is of a job."""
    event, data = socket.event()
    assert (event, data["job_id"]) == ("job_status_update", 1)
    return data["status"], data.get("number")


# --- coming in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heard", [(), ("websocket.accept",)], ids=["at once", "once it was accepted"])
def test_a_client_that_goes_is_forgotten_and_nobodys_error(
    api: Any, caplog: pytest.LogCaptureFixture, heard: tuple[str, ...]
) -> None:
    """The web server says by an OSError that whoever is sent something is gone."""
    app = api.use_cases.app(api.tokens, feed=api.wire.listen, relay=None, options=None)
    engine = next(route.app.__self__ for route in app.routes if route.path == "/socket.io")._server.eio
    scope = {"type": "websocket", "path": "/socket.io/", "raw_path": b"/socket.io/", "root_path": "", "scheme": "ws",
             "query_string": b"EIO=4&transport=websocket", "headers": UPGRADE_HEADERS, "client": ("203.0.113.7", 1),
             "server": ("a", 80), "subprotocols": [], "state": {}, "extensions": {}, "asgi": {"version": "3.0"}}  # fmt: skip
    said = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1006}])

    async def comes() -> dict[str, Any]:
        return next(said)

    async def send(message: dict[str, Any]) -> None:
        if message["type"] not in heard:
            raise ClientDisconnected

    asyncio.run(app(scope, comes, send))
    assert engine.sockets == {}
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_frontend_hears_its_own_jobs_and_no_others(api: Any) -> None:
    hers, his = api.frontend(api.alice), api.frontend(api.bob)
    news(api, api.alice, "running")
    news(api, api.bob, "failed")
    assert job_told(hers) == ("running", None)
    assert job_told(his) == ("failed", 1)


@pytest.mark.parametrize(
    "auth",
    [
        None,
        {},
        [],
        {"client": "frontend"},
        {"token": "x", "client": "admin"},
        {"token": 5, "client": "frontend"},
        {"token": "x", "client": "plugin"},
        {"token": "x", "client": "plugin", "plugin_id": "a b"},
        {"token": "x", "client": "frontend"},
        {"token": "x", "client": "frontend", "room": "user_2"},
    ],
    ids=str,
)
def test_who_does_not_say_properly_who_they_are_is_refused_and_closed(api: Any, auth: Any) -> None:
    socket = api.socket()
    socket.send("40" if auth is None else "40" + json.dumps(auth))
    assert socket.refusal()
    assert "refused" in socket.until_closed()
    api.plugin(api.bob)
    assert api.use_cases.next_said()[:2] == ("connected", api.bob)  # and nothing before it


def test_a_suspended_tenant_gets_no_socket(api: Any) -> None:
    api.use_cases.status_of_tenant[api.alice] = TenantStatus.SUSPENDED
    socket = api.socket()
    socket.send("40" + json.dumps({"token": api.token(), "client": "frontend"}))
    assert "suspended" in socket.refusal()


@pytest.mark.parametrize(
    "hello", [{"client": "frontend"}, {"client": "plugin", "plugin_id": "laptop"}], ids=lambda hello: hello["client"]
)
def test_without_postgres_a_socket_is_closed_for_later_with_nothing_of_the_error(api: Any, hello: Any) -> None:
    api.use_cases.away = True
    socket = api.socket()
    socket.send("40" + json.dumps({"token": api.token(), **hello}))
    assert "again" in socket.until_closed()  # and no CONNECT_ERROR before, after which a stock client stays away
    assert socket.frames == []
    assert socket.connection.close_code == TRY_AGAIN_LATER
    api.use_cases.away = False
    api.socket().hello({"token": api.token(), **hello})


def test_what_nobody_foresaw_closes_the_socket_too(api: Any, start_api: Any) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("secret words")

    use_cases = type(api.use_cases)()
    use_cases.connected = fail
    broken = start_api(use_cases=use_cases)
    socket = broken.socket()
    socket.send("40" + json.dumps({"token": broken.token(), "client": "plugin", "plugin_id": "laptop"}))
    assert "secret" not in socket.until_closed()
    assert (socket.frames, socket.connection.close_code) == ([], 1011)


def test_polling_is_refused_in_words(api: Any) -> None:
    answer = httpx.get(f"{api.url}/socket.io/?EIO=4&transport=polling")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert "websocket" in answer.json()["detail"]


def test_a_page_of_another_origin_gets_no_socket(api: Any, start_api: Any) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        api.socket(Origin="https://evil.example")
    named = start_api(ApiOptions(cors_origins=["https://shop.example"]))
    named.socket(Origin="https://shop.example")
    with pytest.raises(InvalidStatus, match="403"):
        named.socket(Origin="https://evil.example")


def test_whoever_names_an_extensions_origin_does_not_shut_the_own_pages_out(start_api: Any) -> None:
    named = start_api(ApiOptions(cors_origins=["chrome-extension://abcdefghijklmnopabcdefghijklmnop"]))
    named.socket(Origin=named.url)
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "stoflow.example"}
    named.socket(Origin="https://stoflow.example", **proxied)
    with pytest.raises(InvalidStatus, match="403"):
        named.socket(Origin=named.url.replace("http:", "https:"))


# --- defences -------------------------------------------------------------------------------------------------------


def test_a_socket_that_never_says_who_it_is_is_closed(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(connect_s=0.3)))
    known, silent = api.frontend(), api.socket()
    assert "in time" in silent.until_closed()
    news(api, api.alice, "running")
    assert known.event()[0] == "job_status_update"


@pytest.mark.parametrize("name", ["connect", "disconnect"])
def test_reserved_names_are_refused_and_do_nothing(api: Any, name: str) -> None:
    plugin = api.plugin()
    assert api.use_cases.next_said()[0] == "connected"
    his = {"token": api.token(api.bob), "client": "plugin", "plugin_id": "his"}
    plugin.send("42" + json.dumps([name, {}]))
    assert plugin.error() == "reserved_event"
    plugin.send("42" + json.dumps([name, {"asgi.scope": {}}, his]))
    assert plugin.error() == "bad_event"
    plugin.emit("vinted_session_update", {"ok": True})
    assert api.use_cases.next_said()[0] == "session"  # and nothing before it: neither handler ran again


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x04binary", "binary"),
        ('451-["plugin_response",{"_placeholder":true,"num":0}]', "binary"),
        ('461-0[{"_placeholder":true,"num":0}]', "binary"),
        ("40", "already_connected"),
        ("40/admin,", "bad_namespace"),
        ('42/admin,["token",{}]', "bad_frame"),
        ("430[]", "bad_frame"),
        ("44{}", "bad_frame"),
        ("4", "bad_frame"),
        ("", "bad_frame"),
        ("49", "bad_frame"),
        ("2", "bad_frame"),
        ("2probe", "bad_frame"),
        ("5", "bad_frame"),
        ("0{}", "bad_frame"),
        ("noise", "bad_frame"),
        ("42", "bad_frame"),
        ("42{}", "bad_frame"),
        ("42[", "bad_json"),
        ("42[NaN]", "bad_json"),
        ('42["token",{"a":"\\u0000"}]', "bad_json"),
        ('42["token",{"a":1,"a":2}]', "bad_json"),
        ('42["token",' + "[" * 50_000, "bad_json"),
        ("42[]", "bad_event"),
        ("42[1]", "bad_event"),
        ('42["token",1]', "bad_event"),
        ('42["token",{},{}]', "bad_event"),
        ('42["message",{}]', "reserved_event"),
        ('42["*",{}]', "reserved_event"),
        ('42["surprise",{}]', "not_found"),
        ('42["plugin_command",{}]', "not_found"),
        ('42["token",{}]', "bad_input"),
        ('42["token",{"token":"x","more":1}]', "bad_input"),
        ('42["token",{"token":"x"}]', "not_authenticated"),
        ('42["plugin_response",{"request_id":"12345678"}]', "bad_input"),
        ('42["plugin_response",{"request_id":"12345678","success":"yes"}]', "bad_input"),
        ('42["plugin_response",{"request_id":"12345678","success":false}]', "bad_input"),
        ('42["plugin_response",{"request_id":"\' OR 1=1","success":true}]', "bad_input"),
        ('42["plugin_progress",{"request_id":"12345678","done":-1,"total":1}]', "bad_input"),
        ('42["vinted_session_update",{}]', "bad_input"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_frame_is_answered_and_changes_nothing(api: Any, frame: Any, code: str) -> None:
    plugin = api.plugin()
    assert api.use_cases.next_said()[0] == "connected"
    plugin.send(frame)
    assert plugin.error() == code
    plugin.emit("vinted_session_update", {"ok": False, "reason": "later"})
    assert api.use_cases.next_said() == ("session", api.alice, "vinted", False, "later")


@pytest.mark.parametrize(
    "frame", ['42["token",{}]', b"\x04", "3", "noise", "40/admin,", '40{"token":1,"token":2}'], ids=str
)
def test_nothing_is_heard_before_the_client_has_said_who_it_is(api: Any, frame: Any) -> None:
    socket = api.socket()
    socket.send(frame)
    assert socket.refusal()
    socket.until_closed()


def test_a_frontend_cannot_speak_for_the_plugin(api: Any) -> None:
    frontend = api.frontend()
    frontend.emit("plugin_response", {"request_id": "12345678", "success": True})
    assert frontend.error() == "not_found"
    api.plugin()
    assert api.use_cases.next_said()[0] == "connected"  # and nothing before it


def test_the_web_server_takes_no_frame_above_256_kib(api: Any) -> None:
    frontend = api.frontend()
    frontend.send("42" + json.dumps(["token", {"token": "x" * 257 * KIB}]))
    frontend.until_closed()
    assert frontend.connection.close_code == 1009


def test_the_socket_takes_no_frame_above_its_own_limit_in_bytes(start_api: Any) -> None:
    api = start_api(ApiOptions(limits=SocketLimits(frame_bytes=1000)))
    frontend = api.frontend()
    frontend.send('42["token",{"token":"' + "é" * 600 + '"}]')
    assert frontend.error() == "too_large"


def test_who_sends_too_fast_is_read_more_slowly(start_api: Any) -> None:
    api = start_api(ApiOptions(limits=SocketLimits(frames_per_s=0.001, frames_burst=3), times=OFTEN))
    plugin = api.plugin()  # the first of three frames
    for _ in range(4):
        plugin.emit("vinted_session_update", {"ok": True})
    assert plugin.error() == "too_fast"
    other = api.plugin(api.bob)
    other.emit("vinted_session_update", {"ok": True})
    told = [api.use_cases.next_said()[:2] for _ in range(5)]
    assert told == [
        ("connected", api.alice),
        ("session", api.alice),
        ("session", api.alice),
        ("connected", api.bob),
        ("session", api.bob),
    ]
    release(api, plugin)


def test_all_sockets_of_a_tenant_share_one_rate(start_api: Any) -> None:
    api = start_api(ApiOptions(limits=SocketLimits(tenant_frames_per_s=0.001, tenant_frames_burst=2), times=OFTEN))
    first, second, other = api.plugin(plugin_id="a"), api.plugin(plugin_id="b"), api.plugin(api.bob)
    first.emit("vinted_session_update", {"ok": True})
    assert [api.use_cases.next_said()[0] for _ in range(4)] == ["connected"] * 3 + ["session"]
    second.emit("vinted_session_update", {"ok": True})
    assert api.use_cases.next_said()[0] == "session"
    second.emit("vinted_session_update", {"ok": True})
    assert second.error() == "too_fast"
    other.emit("vinted_session_update", {"ok": True})
    assert api.use_cases.next_said()[:2] == ("session", api.bob)
    release(api, second)


def release(api: Any, held_back: Any) -> None:
    """A socket held back for hours would hold the stopping server too."""
    api.use_cases.status_of_tenant[api.alice] = TenantStatus.SUSPENDED
    assert "suspended" in held_back.until_closed()


def test_a_tenant_has_only_so_many_sockets(start_api: Any) -> None:
    api = start_api(ApiOptions(limits=SocketLimits(sockets_per_tenant=2)))
    first = api.frontend()
    api.frontend()
    third = api.socket()
    third.send("40" + json.dumps({"token": api.token(), "client": "frontend"}))
    assert "too many" in third.until_closed()
    assert (third.frames, third.connection.close_code) == ([], TRY_AGAIN_LATER)
    api.frontend(api.bob)
    first.connection.close()
    api.frontend()


def test_only_so_many_may_wait_at_the_door(start_api: Any) -> None:
    api = start_api(ApiOptions(limits=SocketLimits(unknown_sockets=2)))
    waiting = [api.socket(), api.socket()]
    with pytest.raises(InvalidStatus, match="403"):
        api.socket()
    waiting[0].hello({"token": api.token(), "client": "frontend"})
    api.socket()


def test_of_one_address_only_so_many_may_wait_at_the_door(start_api: Any) -> None:
    api = start_api(ApiOptions(limits=SocketLimits(address_unknown=2)))
    waiting = [api.socket(), api.socket()]
    with pytest.raises(InvalidStatus, match="403"):
        api.socket()
    address = api.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    with connect(address, source_address=("127.0.0.2", 0)) as elsewhere:
        assert str(elsewhere.recv(timeout=10)).startswith("0")
    waiting[0].hello({"token": api.token(), "client": "frontend"})
    api.socket()


def test_what_a_socket_says_is_handled_in_order(api: Any) -> None:
    plugin = api.plugin()
    handled: list[str] = []
    original = api.use_cases.receive_answer

    def slow_first(tenant: Any, plugin_id: str, request_id: str, answer: Any) -> None:
        deadline = time.monotonic() + 0.3
        while request_id == "request-1" and not handled and time.monotonic() < deadline:
            pass
        handled.append(request_id)
        original(tenant, plugin_id, request_id, answer)

    api.use_cases.on_answer = slow_first
    plugin.emit("plugin_response", {"request_id": "request-1", "success": True})
    plugin.emit("plugin_response", {"request_id": "request-2", "success": True})
    assert [api.use_cases.next_said()[0] for _ in range(3)] == ["connected", "answer", "answer"]
    assert handled == ["request-1", "request-2"]


def ending_soon(keys: SigningKeys, tenant: Any) -> str:
    return AccessTokens(keys, clock=lambda: time.time() - LIFETIME_S + 2).issue_access_token(tenant)


def test_a_socket_ends_with_its_token_unless_it_is_renewed(start_api: Any, keys: SigningKeys) -> None:
    api = start_api(ApiOptions(times=SocketTimes(token_grace_s=0)))
    renewed, ended = (
        api.socket().hello({"token": ending_soon(keys, api.alice), "client": "frontend"}) for _ in range(2)
    )
    renewed.send('421["token",' + json.dumps({"token": api.token()}) + "]")
    assert renewed.read() == '431[{"ok":true}]'
    assert "token has ended" in ended.until_closed()
    news(api, api.alice, "running")
    assert renewed.event()[0] == "job_status_update"


def test_another_tenants_token_renews_nothing(api: Any) -> None:
    frontend = api.frontend()
    frontend.emit("token", {"token": api.token(api.bob)})
    assert frontend.error() == "not_allowed"


def test_the_sockets_of_a_tenant_end_when_it_is_suspended(start_api: Any) -> None:
    api = start_api(ApiOptions(times=SocketTimes(poll_s=0.1)))
    hers, his = api.frontend(), api.frontend(api.bob)
    api.use_cases.status_of_tenant[api.alice] = TenantStatus.SUSPENDED
    assert "suspended" in hers.until_closed()
    news(api, api.bob, "running")
    assert his.event()[0] == "job_status_update"


def test_no_log_line_holds_a_token_or_a_payload(start_api: Any, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("engineio.server", "socketio.server", "stoflow"):
        caplog.set_level(logging.DEBUG, logger=name)
    api = start_api()
    plugin = api.plugin(plugin_id="canary-1")
    plugin.emit("vinted_session_update", {"ok": True, "reason": "canary-2"})
    plugin.emit("canary-3", {})
    assert plugin.error() == "not_found"
    plugin.connection.close()
    while api.use_cases.next_said()[0] != "gone":
        pass
    assert "canary" not in caplog.text
    assert "ey" + "J" not in caplog.text  # how every token begins


def test_noise_on_the_feed_changes_nothing(api: Any) -> None:
    frontend = api.frontend()
    for noise in (
        {"tenant": "1", "event": "job_status_update"},
        {"tenant": api.alice, "event": "connect", "data": {}},
        {"tenant": api.alice, "event": "plugin_response", "data": {}},
        {"tenant": api.alice, "event": "job_status_update", "data": []},
        {},
    ):
        api.wire.say(**noise)
    news(api, api.alice, "completed")
    assert job_told(frontend) == ("completed", 1)
