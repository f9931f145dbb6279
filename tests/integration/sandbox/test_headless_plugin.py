"""The headless plugin does commands once, remembers its answers, and comes back by itself."""

import asyncio
import base64
import json
import socket
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import socketio
import uvicorn
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stoflow.domain.errors import ConfigurationError
from stoflow.monitoring.telemetry import OpenTelemetry
from stoflow.monitoring.traces import trace_by
from stoflow_sandbox.plugin import Clocks, HeadlessPlugin, PluginOptions
from stoflow_sandbox.plugin_link import tenant_of

JPEG = b"\xff\xd8\xff\xe0" + bytes(200)
WAIT_S = 10
TRACE = "0af7651916cd43dd8448eb211c80319c"


def token_for(tenant: int) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"sub": str(tenant)}).encode()).decode().rstrip("=")
    return f"head.{claims}.sign"


class Api:
    """As much of StoFlow as a plugin sees: a socket that takes its hello, sends commands, hears answers."""

    def __init__(self) -> None:
        self.heard: SimpleQueue[tuple[str, dict[str, Any]]] = SimpleQueue()
        self.hellos: SimpleQueue[tuple[str, dict[str, Any]]] = SimpleQueue()
        self._server = socketio.AsyncServer(async_mode="asgi")
        self._server.on("connect", self._connected)
        for event in ("plugin_response", "session_update", "datadome_detected", "token"):
            self._server.on(event, self._hears(event))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.photos: dict[str, bytes] = {}  # by path; what is asked for is kept with its token and its connection
        self.fetched: list[tuple[str, str, int]] = []
        app = socketio.ASGIApp(self._server, other_asgi_app=self._photo)
        config = uvicorn.Config(app, log_config=None, log_level="critical", ws="websockets-sansio", lifespan="off")
        self._uvicorn = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        await self._uvicorn.serve(sockets=[self._listener])
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _photo(self, scope: dict[str, Any], _receive: Any, send: Any) -> None:
        token = dict(scope["headers"]).get(b"authorization", b"").decode()
        self.fetched.append((scope["path"], token, scope["client"][1]))
        content = self.photos.get(scope["path"])
        status = 404 if content is None else 200
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"image/jpeg")]})
        await send({"type": "http.response.body", "body": content or b""})

    def _hears(self, event: str) -> Any:
        async def hear(sid: str, payload: dict[str, Any]) -> None:
            self.heard.put((event, payload))

        return hear

    async def _connected(self, sid: str, environ: dict[str, Any], auth: dict[str, Any]) -> None:
        self.hellos.put((sid, auth))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._uvicorn.should_exit = self._uvicorn.force_exit = True
        self._thread.join(WAIT_S)
        self._listener.close()

    def plugin(self) -> tuple[str, dict[str, Any]]:
        return self.hellos.get(timeout=WAIT_S)

    def send(self, sid: str, action: str, payload: dict[str, Any], request_id: str = "", **more: Any) -> str:
        request_id = request_id or str(uuid.uuid4())
        command = {"request_id": request_id, "action": action, "payload": payload, **more}
        self.emit(sid, "plugin_command", command)
        return request_id

    def emit(self, sid: str, event: str, payload: Any) -> None:
        asyncio.run_coroutine_threadsafe(self._server.emit(event, payload, to=sid), self._loop).result(WAIT_S)

    def drop(self, sid: str) -> None:
        asyncio.run_coroutine_threadsafe(self._server.disconnect(sid), self._loop).result(WAIT_S)

    def hear(self, event: str) -> dict[str, Any]:
        while True:
            name, payload = self.heard.get(timeout=WAIT_S)
            if name == event:
                return payload

    def answer(self) -> dict[str, Any]:
        return self.hear("plugin_response")


@pytest.fixture
def api() -> Iterator[Api]:
    running = Api()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def start(api: Api, server: Any, vinted: Any) -> Iterator[Any]:
    plugins: list[HeadlessPlugin] = []

    def start_one(tenant: int = 7, **options: Any) -> HeadlessPlugin:
        plugin = HeadlessPlugin(api.url, token_for(tenant), server.url, PluginOptions(**options))
        plugins.append(plugin)
        plugin.start()
        assert plugin.ready.wait(WAIT_S)
        return plugin

    yield start_one
    for plugin in plugins:
        plugin.stop()


def photo(**more: Any) -> dict[str, Any]:
    return {"content_b64": base64.b64encode(JPEG).decode(), "temp_uuid": str(uuid.uuid4()), **more}


def make_draft(api: Api, sid: str, vinted: Any, **more: Any) -> tuple[int, dict[str, Any]]:
    api.send(sid, "vinted.photo.upload", photo())
    draft = vinted.draft(api.answer()["data"]["body"]["id"], **more)
    api.send(sid, "vinted.draft.create", {"draft": draft})
    return api.answer()["data"]["body"]["draft"]["id"], draft


def test_it_says_who_it_is_and_that_its_session_works(api: Api, start: Any) -> None:
    start(plugin_id="browser-1")
    _, hello = api.plugin()
    assert hello == {"token": token_for(7), "client": "plugin", "plugin_id": "browser-1"}
    assert api.hear("session_update") == {"marketplace": "vinted", "ok": True, "reason": ""}


def test_a_product_goes_from_photo_to_listing_by_commands(api: Api, start: Any, vinted: Any) -> None:
    start()
    sid, _ = api.plugin()
    draft, body = make_draft(api, sid, vinted)

    api.send(sid, "vinted.draft.complete", {"id": draft, "draft": {**body, "description": "Une robe rouge."}})
    done = api.answer()
    assert (done["success"], done["data"]["status"], done["data"]["body"]["item"]["id"]) == (True, 200, draft)

    api.send(sid, "vinted.wardrobe.list", {"page": 1, "per_page": 20})
    assert [item["id"] for item in api.answer()["data"]["body"]["items"]] == [draft]
    api.send(sid, "vinted.item.get", {"id": draft})
    assert api.answer()["data"]["body"]["item"]["is_draft"] is False


def test_the_ledger_knows_the_request_behind_a_call(api: Api, start: Any, vinted: Any) -> None:
    start()
    sid, _ = api.plugin()
    request_id = api.send(sid, "vinted.photo.upload", photo())
    api.answer()
    assert vinted.ledger()[-1]["attempt"] == request_id


def test_a_command_sent_again_is_answered_and_not_done_again(api: Api, start: Any, vinted: Any, tmp_path: Path) -> None:
    first = start(journal_file=tmp_path / "journal")
    sid, _ = api.plugin()
    request_id = api.send(sid, "vinted.photo.upload", payload := photo())
    answer = api.answer()
    api.send(sid, "vinted.photo.upload", payload, request_id)
    assert api.answer() == answer
    first.stop()

    start(journal_file=tmp_path / "journal")
    sid, _ = api.plugin()
    api.send(sid, "vinted.photo.upload", payload, request_id)
    assert api.answer() == answer
    assert [entry["operation"] for entry in vinted.ledger()].count("photo.upload") == 1


def test_a_command_begun_by_a_plugin_that_died_has_an_unknown_outcome(
    api: Api, start: Any, vinted: Any, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    journal.write_text('{"request_id": "begun-0001", "event": "started"}\n{"request_id": "torn')
    start(journal_file=journal)
    sid, _ = api.plugin()
    api.send(sid, "vinted.photo.upload", photo(), "begun-0001")
    answer = api.answer()
    assert (answer["success"], answer["error"]["code"], answer["error"]["retryable"]) == (False, "unknown", False)
    assert "photo.upload" not in [entry["operation"] for entry in vinted.ledger()]
    second = api.send(sid, "vinted.photo.upload", photo())
    assert api.answer()["request_id"] == second


def test_it_comes_back_after_the_socket_is_lost(api: Api, start: Any) -> None:
    start(plugin_id="browser-1")
    sid, _ = api.plugin()
    api.drop(sid)
    again, hello = api.plugin()
    assert again != sid
    assert hello["plugin_id"] == "browser-1"


def test_it_comes_back_with_the_token_it_was_given(api: Api, start: Any) -> None:
    plugin = start()
    sid, _ = api.plugin()
    api.emit(sid, "token", {"token": token_for(7) + "x"})
    api.send(sid, "vinted.user.get", {})
    api.answer()
    for _ in range(100):
        if plugin._tokens.current().endswith("x"):
            break
        api.send(sid, "vinted.user.get", {})
        api.answer()
    api.drop(sid)
    _, hello = api.plugin()
    assert hello["token"] == token_for(7) + "x"


def test_gone_between_act_and_answer_it_repeats_the_answer_or_says_unknown(api: Api, start: Any, vinted: Any) -> None:
    start(lose=1.0, seed=1)
    codes: set[str] = set()
    for _ in range(8):
        sid, _ = api.plugin()
        request_id = api.send(sid, "vinted.photo.upload", payload := photo())
        sid, _ = api.plugin()
        api.send(sid, "vinted.photo.upload", payload, request_id)
        answer = api.answer()
        codes.add("done" if answer["success"] else answer["error"]["code"])
        api.drop(sid)
    assert codes == {"done", "unknown"}
    assert [entry["operation"] for entry in vinted.ledger()].count("photo.upload") == 8


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("429", "http_429"),
        ("5xx_before", "http_500"),
        ("lost", "no_answer"),
        ("datadome", "datadome"),
        ("not_json", "not_json"),
        ("revoked", "session_lost"),
    ],
)
def test_what_the_site_refuses_is_named(api: Api, start: Any, vinted: Any, fault: str, code: str) -> None:
    start()
    sid, _ = api.plugin()
    vinted.script("photo.upload", fault)
    api.send(sid, "vinted.photo.upload", photo())
    answer = api.answer()
    assert (answer["success"], answer["error"]["code"]) == (False, code)
    assert answer["error"]["retryable"] is (fault == "429")


def test_refused_fields_are_passed_on(api: Api, start: Any, vinted: Any) -> None:
    start()
    sid, _ = api.plugin()
    draft, body = make_draft(api, sid, vinted)
    api.send(sid, "vinted.draft.complete", {"id": draft, "draft": {**body, "price": 0}})
    answer = api.answer()
    assert answer["error"]["code"] == "http_400"
    assert answer["data"]["body"]["errors"] == [{"field": "price", "value": "Price is not valid"}]


def test_an_ended_session_is_refreshed_without_a_word(api: Api, start: Any, vinted: Any) -> None:
    start()
    sid, _ = api.plugin()
    vinted.script("photo.upload", "expired")
    api.send(sid, "vinted.photo.upload", photo())
    assert api.answer()["success"] is True


def test_a_lost_session_is_told_and_so_is_its_return(api: Api, start: Any, vinted: Any) -> None:
    start()
    sid, _ = api.plugin()
    assert api.hear("session_update")["ok"] is True
    vinted.script("photo.upload", "revoked")
    api.send(sid, "vinted.photo.upload", photo())
    assert api.hear("session_update")["ok"] is False
    vinted.http.post(f"/control/sellers/vinted/{vinted.made['external_id']}/grant")
    assert api.hear("session_update") == {"marketplace": "vinted", "ok": True, "reason": ""}


def test_a_plugin_whose_seller_is_signed_out_says_so_at_once(api: Api, start: Any, vinted: Any) -> None:
    vinted.http.post(f"/control/sellers/vinted/{vinted.made['external_id']}/revoke")
    start()
    assert api.hear("session_update")["ok"] is False
    vinted.http.post(f"/control/sellers/vinted/{vinted.made['external_id']}/grant")
    assert api.hear("session_update")["ok"] is True


def test_a_site_that_cannot_tell_changes_nothing(api: Api, start: Any, vinted: Any) -> None:
    vinted.script("user.get", "5xx_before")
    start()
    assert api.hear("session_update")["ok"] is True


def test_a_captcha_is_told(api: Api, start: Any, vinted: Any) -> None:
    start()
    sid, _ = api.plugin()
    vinted.script("photo.upload", "datadome")
    api.send(sid, "vinted.photo.upload", photo())
    assert api.hear("datadome_detected")["reason"]


@pytest.mark.parametrize("deadline", ["2020-01-01T00:00:00Z", 1.0])
def test_a_command_past_its_deadline_is_not_done(api: Api, start: Any, vinted: Any, deadline: Any) -> None:
    start()
    sid, _ = api.plugin()
    api.send(sid, "vinted.photo.upload", photo(), deadline=deadline)
    assert api.answer()["error"] == {
        "code": "deadline",
        "message": "The command came after its deadline and was not done.",
        "retryable": True,
    }
    assert "photo.upload" not in [entry["operation"] for entry in vinted.ledger()]


def test_what_it_does_of_a_trace_is_a_span_of_it(api: Api, start: Any) -> None:
    exporter = InMemorySpanExporter()
    trace_by(OpenTelemetry(SimpleSpanProcessor(exporter), kind="plugin"))
    try:
        start()
        sid, _ = api.plugin()
        for given in ({"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}, {"traceparent": "wrong"}, {}):
            api.send(sid, "vinted.item.get", {"id": "1"}, **given)
            api.answer()
    finally:
        trace_by(None)
    (made,) = exporter.get_finished_spans()
    assert made.parent is not None
    assert (made.name, f"{made.parent.trace_id:032x}") == ("vinted.item.get", TRACE)


def test_a_machine_whose_clock_is_wrong_does_what_has_time_left(api: Api, start: Any, vinted: Any) -> None:
    start(clocks=Clocks(wall=lambda: 4e9))
    sid, _ = api.plugin()
    api.send(sid, "vinted.photo.upload", photo(), deadline="2026-11-29T10:00:00Z", left_s=30.0)
    assert api.answer()["success"] is True
    api.send(sid, "vinted.photo.upload", photo(), deadline="2026-11-29T10:00:00Z", left_s=-1.0)
    assert api.answer()["error"]["code"] == "deadline"
    assert [entry["operation"] for entry in vinted.ledger()].count("photo.upload") == 1


def test_a_clock_that_is_set_back_meanwhile_gives_a_command_no_more_time(api: Api, start: Any, vinted: Any) -> None:
    received, begun = (1000.0, 50.0), (940.0, 56.0)  # by the time of day, and by the seconds that pass
    walls, passing = iter((received[0], begun[0])), iter((received[1], begun[1]))
    start(clocks=Clocks(wall=lambda: next(walls), monotonic=lambda: next(passing)))
    sid, _ = api.plugin()
    api.send(sid, "vinted.photo.upload", photo(), deadline=1005.0)
    assert api.answer()["error"]["code"] == "deadline"
    assert "photo.upload" not in [entry["operation"] for entry in vinted.ledger()]


def test_a_command_it_does_not_know_or_cannot_read_is_refused(api: Api, start: Any) -> None:
    start()
    sid, _ = api.plugin()
    api.emit(sid, "plugin_command", "nonsense")
    api.send(sid, "vinted.shop.close", {})
    assert api.answer()["error"]["code"] == "unknown_action"
    api.send(sid, "vinted.draft.delete", {})
    assert api.answer()["error"]["code"] == "bad_payload"
    api.send(sid, "vinted.photo.upload", {"url": "https://example.org/a.jpg", "temp_uuid": str(uuid.uuid4())})
    assert api.answer()["error"]["code"] == "bad_payload"


def test_photos_are_fetched_from_stoflow_itself_over_one_connection(api: Api, start: Any, vinted: Any) -> None:
    start()
    sid, _ = api.plugin()
    api.photos = {"/api/products/5/photos/1": JPEG, "/api/products/5/photos/2": JPEG}
    for path in api.photos:
        api.send(sid, "vinted.photo.upload", {"url": path, "temp_uuid": str(uuid.uuid4())})
        assert api.answer()["success"]
    assert [(path, token) for path, token, _ in api.fetched] == [
        (path, f"Bearer {token_for(7)}") for path in api.photos
    ]
    assert len({connection for _, _, connection in api.fetched}) == 1


def test_a_photo_stoflow_no_longer_has_is_told_apart_from_one_it_cannot_give_now(api: Api, start: Any) -> None:
    start()
    sid, _ = api.plugin()
    api.send(sid, "vinted.photo.upload", {"url": "/api/products/5/photos/9", "temp_uuid": str(uuid.uuid4())})
    error = api.answer()["error"]
    assert (error["code"], error["retryable"]) == ("photo_missing", False)


def test_several_tenants_live_in_one_process(api: Api, start: Any, vinted: Any) -> None:
    other = type(vinted)(vinted.http, tenant=8)
    start(7)
    start(8)
    sids = {tenant_of(hello["token"]): sid for sid, hello in (api.plugin(), api.plugin())}
    for tenant, member in ((7, vinted), (8, other)):
        api.send(sids[tenant], "vinted.user.get", {})
        assert api.answer()["data"]["body"]["user"]["id"] == member.settings["user_id"]


@pytest.mark.parametrize("token", ["", "a.b.c", "a.e30.c"])
def test_what_is_no_token_is_refused_at_once(token: str) -> None:
    with pytest.raises(ConfigurationError):
        tenant_of(token)
