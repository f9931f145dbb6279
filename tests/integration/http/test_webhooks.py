"""Webhooks before a real database and real receivers: each message signed, tried for a day, sent to nobody private."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from queue import Queue
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from stoflow.domain.ids import TenantId
from stoflow.domain.platform import PlatformScope
from stoflow.domain.tempo import Tempo
from stoflow.settings import Settings
from stoflow.storage.credentials.platform_keys import add_key
from stoflow.storage.credentials.rotation import rotate
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant
from stoflow.storage.engine.statement import bind
from stoflow.storage.events.numbering import BATCH_EVERY_S
from stoflow.storage.webhooks.claims import CLAIMS_LOCK, Tried, claim_deliveries, settle_delivered
from stoflow.transports.direct.webhooks import NotSent, WebhookClient
from stoflow.upkeep.deliveries import Deliveries
from stoflow.upkeep.events import Events
from stoflow.upkeep.webhooks import Webhooks
from tests.harness.shop import Shop

HERE = (ip_network("127.0.0.0/8"),)
AT_ONCE = Tempo(1e9)  # what is tried again is due at once
WAIT_S = 10
ORDER = "INSERT INTO {s}.orders (marketplace, external_id, state) VALUES ('ebay', %(order)s, 'paid')"
LATER = """
WITH rested AS (UPDATE public.webhooks SET rests_until = NULL)
UPDATE public.webhook_deliveries SET next_at = clock_timestamp() WHERE next_at > clock_timestamp()
"""
BATCHES_DUE = "UPDATE public.events SET at = clock_timestamp() WHERE number IS NULL"


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: str

    def is_signed_by(self, secret: str) -> bool:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.{self.body}"
        right = base64.b64encode(hmac.digest(key, signed.encode(), "sha256")).decode()
        return f"v1,{right}" in self.headers["webhook-signature"].split()

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Answers each path with the statuses it was given, the last one again and again; `held` paths wait to be let go."""

    url: str = ""
    location: str = ""
    statuses: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    held: dict[str, threading.Event] = field(default_factory=dict[str, threading.Event])
    came: Queue[Received] = field(default_factory=Queue[Received])

    def answer(self, received: Received) -> int:
        self.came.put(received)
        if received.path in self.held:
            self.held[received.path].wait(WAIT_S)
        left = self.statuses.get(received.path, [204])
        return left.pop(0) if len(left) > 1 else left[0]

    def all(self) -> list[Received]:
        return [self.came.get_nowait() for _ in range(self.came.qsize())]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.answer(Received(self.path, headers, body)))
            self.send_header("location", receiver.location or f"{receiver.url}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join(WAIT_S)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation that may call this machine."""
    return settings.model_copy(update={"webhook_networks": HERE})


@dataclass
class Sender:
    """What orchestrators and workers do about webhooks, at once and until nothing is left to do."""

    database: Database
    deliveries: Deliveries

    def turn(self) -> None:
        self.make()
        self.deliveries.turn()
        wait(self.deliveries.calls, WAIT_S)
        self.deliveries.turn()

    def make(self) -> int:
        webhooks = Webhooks(self.database)
        Events(self.database, webhooks).number()
        return webhooks.tell()


@pytest.fixture
def sender(database: Database, settings: Settings) -> Iterator[Sender]:
    client = WebhookClient(connections=8, timeout_s=WAIT_S, networks=HERE)
    deliveries = Deliveries(database, Vault(settings.secret_keys), client.send, AT_ONCE)
    yield Sender(database, deliveries)
    deliveries.close()
    client.close()


def hook(shop: Shop, url: str, **more: Any) -> dict[str, Any]:
    made = shop.client.post("/api/webhooks", json={"url": url, **more})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/api/webhooks/{made.json()['id']}"
    return made.json()


def ordered(database: Database, tenant: TenantId, order: str) -> None:
    with database.records() as connection:
        bind(ORDER, tenant, order=order).on(connection)


def log(shop: Shop, webhook: int) -> list[dict[str, Any]]:
    return shop.client.get(f"/api/webhooks/{webhook}/deliveries").json()["items"]


def test_what_happens_is_sent_once_and_signed_to_its_tenants_webhooks_only(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender, database: Database
) -> None:
    alice, bob = shops
    ordered(database, alice.tenant, "before")
    sender.make()
    hers, his = hook(alice, f"{receiver.url}/hers"), hook(bob, f"{receiver.url}/his")
    hook(alice, f"{receiver.url}/jobs", events=["job.cancelled"])
    ordered(database, alice.tenant, "hers")
    ordered(database, bob.tenant, "his")
    sender.turn()
    sender.turn()
    came = {each.path: each for each in receiver.all()}
    assert set(came) == {"/hers", "/his"}
    assert came["/hers"].is_signed_by(hers["secret"])
    assert came["/his"].is_signed_by(his["secret"])
    assert not came["/his"].is_signed_by(hers["secret"])
    said = came["/hers"].said
    assert (said["type"], said["data"]["order_id"], said["data"]["tenant"]) == ("order.received", "hers", alice.tenant)
    assert set(said) == {"type", "timestamp", "data"}
    (delivery,) = log(alice, hers["id"])
    assert (delivery["state"], delivery["status"], delivery["attempts"]) == ("delivered", 204, 1)
    assert delivery["message"] == came["/hers"].headers["webhook-id"]
    assert bob.client.get(f"/api/webhooks/{hers['id']}/deliveries").status_code == 404
    assert bob.client.post(f"/api/webhooks/{his['id']}/deliveries/{delivery['id']}/replay").status_code == 404


def test_the_secret_is_told_once_and_sealed(shops: tuple[Shop, Shop], receiver: Receiver, database: Database) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    read = alice.client.get(f"/api/webhooks/{made['id']}").json()
    assert made == {**read, "secret": made["secret"]}
    assert alice.client.get("/api/webhooks").json()["items"] == [read]
    with database.records() as connection:
        row = connection.execute("SELECT secret FROM public.webhooks").fetchone()
    assert row is not None
    assert made["secret"] not in row["secret"]


def test_jobs_and_batches_are_told_of_when_they_end(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender, database: Database
) -> None:
    alice, _ = shops
    hook(alice, f"{receiver.url}/x")
    products = [alice.product(), alice.product()]
    batch = alice.client.post("/api/ebay/batches", json={"action_type": "publish", "product_ids": products}).json()
    alice.client.post(f"/api/batches/{batch['id']}/cancel")
    for _ in range(3):  # a batch is told of once, however often its progress is
        with database.records() as connection:
            connection.execute(
                "INSERT INTO public.events (tenant, type, batch) VALUES (%s, 'batch_progress', %s) ON CONFLICT DO NOTHING",
                [alice.tenant, batch["id"]],
            )
            connection.execute(BATCHES_DUE)
        sender.turn()
    came = receiver.all()
    assert not any("." in each.headers["webhook-id"] for each in came)
    said = [each.said for each in came]
    assert sorted(each["type"] for each in said) == ["batch.cancelled", "job.cancelled", "job.cancelled"]
    (ended,) = (each["data"] for each in said if each["type"] == "batch.cancelled")
    assert (ended["batch_id"], ended["progress"]["cancelled"]) == (batch["id"], 2)
    assert BATCH_EVERY_S >= 1


def test_what_fails_is_sent_again_as_it_was(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender, database: Database
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    receiver.statuses["/x"] = [500, 302, 200]
    patient = Sender(database, replace(sender.deliveries, tempo=Tempo(1.0)))
    ordered(database, alice.tenant, "one")
    for _ in range(3):
        patient.turn()
        with database.records() as connection:
            connection.execute(LATER)
    came = receiver.all()
    assert [each.path for each in came] == ["/x"] * 3
    assert len({(each.headers["webhook-id"], each.body) for each in came}) == 1
    (delivery,) = log(alice, made["id"])
    assert (delivery["state"], delivery["attempts"], delivery["status"], delivery["error"]) == (
        "delivered",
        3,
        200,
        None,
    )


@pytest.mark.parametrize(("status", "reason"), [(410, "410"), (503, "for a day")])
def test_who_wants_nothing_more_or_takes_nothing_for_a_day_is_switched_off_and_can_begin_anew(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender, database: Database, status: int, reason: str
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    receiver.statuses["/x"] = [status]
    ordered(database, alice.tenant, "one")
    sender.turn()
    sender.turn()
    off = alice.client.get(f"/api/webhooks/{made['id']}").json()
    assert (off["active"], reason in off["disabled_reason"]) == (False, True)
    told = [one for one in alice.client.get("/api/events").json()["items"] if one["type"] == "webhook_disabled"]
    assert [one["data"] for one in told] == [{"webhook_id": made["id"], "reason": off["disabled_reason"]}]
    (delivery,) = log(alice, made["id"])
    assert delivery["state"] == "failed"
    replayed = f"/api/webhooks/{made['id']}/deliveries/{delivery['id']}/replay"
    assert alice.client.post(replayed).status_code == 409
    assert alice.client.post(f"/api/webhooks/{made['id']}/ping").status_code == 409
    receiver.statuses["/x"] = [200]
    on = alice.client.patch(f"/api/webhooks/{made['id']}", json={"active": True}).json()
    assert (on["active"], on["disabled_reason"], on["failing_since"]) == (True, None, None)
    assert alice.client.post(replayed).status_code == 202
    sender.turn()
    assert log(alice, made["id"])[0]["state"] == "delivered"
    *_, last = receiver.all()
    assert last.headers["webhook-id"] == delivery["message"]


def test_a_receiver_that_hangs_has_two_calls_and_delays_nobody(
    shops: tuple[Shop, Shop], sender: Sender, database: Database
) -> None:
    alice, bob = shops
    with receiving() as slow, receiving() as quick:
        released = slow.held["/x"] = threading.Event()
        hook(alice, f"{slow.url}/x")
        hook(alice, f"{slow.url}/x")
        hook(bob, f"{quick.url}/x")
        for number in range(5):
            ordered(database, alice.tenant, f"slow {number}")
        ordered(database, bob.tenant, "quick")
        sender.make()
        turning = threading.Thread(target=sender.deliveries.turn)
        turning.start()
        assert quick.came.get(timeout=WAIT_S).said["data"]["order_id"] == "quick"
        turning.join(WAIT_S)
        assert not turning.is_alive()
        slow.came.get(timeout=WAIT_S)
        slow.came.get(timeout=WAIT_S)
        with database.records() as connection:
            assert claim_deliveries(connection, limit=8, lease_s=60) == []
        released.set()
        wait(sender.deliveries.calls, WAIT_S)


def test_a_claim_that_its_worker_did_not_live_to_settle_is_made_again_and_fences_it(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender, database: Database
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    assert alice.client.post(f"/api/webhooks/{made['id']}/ping").status_code == 202
    with database.records() as connection:
        (dead,) = claim_deliveries(connection, limit=8, lease_s=0)
    receiver.statuses["/x"] = [500]
    sender.turn()
    with database.records() as connection:
        settle_delivered(connection, dead, Tried(200, "", 1))
    assert log(alice, made["id"])[0]["state"] != "delivered"
    assert receiver.came.get_nowait().said["type"] == "ping"


def test_a_new_secret_signs_beside_the_old_one(shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    rotated = alice.client.post(f"/api/webhooks/{made['id']}/secret").json()
    assert rotated["secret"] != made["secret"]
    assert rotated["old_until"] is not None
    alice.client.post(f"/api/webhooks/{made['id']}/ping")
    sender.turn()
    came = receiver.came.get_nowait()
    assert came.is_signed_by(made["secret"])
    assert came.is_signed_by(rotated["secret"])


def test_whoever_asks_for_a_new_secret_again_within_the_day_still_signs_by_the_one_that_its_receiver_has(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender, database: Database, settings: Settings
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    rotate_secret = f"/api/webhooks/{made['id']}/secret"
    given = [made["secret"], *(alice.client.post(rotate_secret).json()["secret"] for _ in range(2))]
    newest = Fernet.generate_key().decode()
    assert rotate(database, Vault([newest, *settings.secret_keys])).failed == ()
    alice.client.post(f"/api/webhooks/{made['id']}/ping")
    Deliveries(database, Vault([newest]), sender.deliveries.send, AT_ONCE).turn()
    came = receiver.came.get(timeout=WAIT_S)
    assert [came.is_signed_by(secret) for secret in given] == [True, True, True]


def test_a_secret_that_was_replaced_a_day_ago_comes_back_with_no_later_one(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender, database: Database
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    rotate_secret = f"/api/webhooks/{made['id']}/secret"
    second = alice.client.post(rotate_secret).json()["secret"]
    with database.records() as connection:
        connection.execute("UPDATE public.webhooks SET old_until = clock_timestamp()")
    alice.client.post(rotate_secret)
    alice.client.post(f"/api/webhooks/{made['id']}/ping")
    sender.turn()
    came = receiver.came.get_nowait()
    assert not came.is_signed_by(made["secret"])
    assert came.is_signed_by(second)


def test_a_secret_that_no_key_opens_any_more_is_replaced_by_a_new_one_and_sending_goes_on(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender, database: Database
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    with database.records() as connection:
        connection.execute("UPDATE public.webhooks SET secret = 'sealed by a key that is lost'")
    fresh = alice.client.post(f"/api/webhooks/{made['id']}/secret").json()["secret"]
    alice.client.post(f"/api/webhooks/{made['id']}/ping")
    sender.turn()
    assert receiver.came.get_nowait().is_signed_by(fresh)


def test_a_webhook_that_is_to_name_no_events_is_told_all_as_when_it_was_made(
    shops: tuple[Shop, Shop], receiver: Receiver
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x", events=["job.failed"])
    changed = alice.client.patch(f"/api/webhooks/{made['id']}", json={"events": []}).json()
    assert changed["events"] == hook(alice, f"{receiver.url}/y")["events"] != []


def test_secrets_are_sealed_anew_with_a_new_key(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender, database: Database, settings: Settings
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    newest = Fernet.generate_key().decode()
    rotated = rotate(database, Vault([newest, *settings.secret_keys]))
    assert (rotated.resealed, rotated.failed) == (1, ())
    assert rotate(database, Vault([newest])).unchanged == 1
    alice.client.post(f"/api/webhooks/{made['id']}/ping")
    Deliveries(database, Vault([newest]), sender.deliveries.send, AT_ONCE).turn()
    assert receiver.came.get(timeout=WAIT_S).is_signed_by(made["secret"])


def test_one_turn_sends_all_there_is_to_a_receiver_that_answers(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    for _ in range(12):
        alice.client.post(f"/api/webhooks/{made['id']}/ping")
    assert replace(sender.deliveries, soon_s=WAIT_S).turn() == 12


def test_a_worker_that_meets_another_one_claiming_goes_on_after_it(
    shops: tuple[Shop, Shop], receiver: Receiver, sender: Sender, database: Database
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    alice.client.post(f"/api/webhooks/{made['id']}/ping")
    waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
    with ThreadPoolExecutor() as pool:
        with database.records() as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIMS_LOCK])
            turn = pool.submit(sender.deliveries.turn)
            while not turn.done() and other.execute(waiting, [CLAIMS_LOCK]).fetchone() is None:
                continue
        assert turn.result(WAIT_S) == 1


def test_a_fault_of_ours_in_sending_is_told_and_loses_nothing(
    shops: tuple[Shop, Shop],
    receiver: Receiver,
    database: Database,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    alice, _ = shops
    made = hook(alice, f"{receiver.url}/x")
    alice.client.post(f"/api/webhooks/{made['id']}/ping")

    def send(*_: Any) -> int:
        raise LookupError("nobody foresaw this")

    broken = Deliveries(database, Vault(settings.secret_keys), send, AT_ONCE)
    broken.turn()
    assert "sending a webhook" in caplog.text
    assert log(alice, made["id"])[0]["state"] == "waiting"


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/x",
        "https://user@shop.example/x",
        "https://shop.example/x#part",
        "ftp://shop.example/x",
        "shop.example",
        "https://",
        "https://xn--/x",
        "https://shop.example:99999/x",
    ],
)
def test_an_address_that_nobody_may_call_is_refused_by_name(shops: tuple[Shop, Shop], url: str) -> None:
    alice, _ = shops
    answer = alice.client.post("/api/webhooks", json={"url": url})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "url")
    made = hook(alice, "https://shop.example/x")
    assert alice.client.patch(f"/api/webhooks/{made['id']}", json={"url": url}).status_code == 422


def test_a_name_that_leads_to_a_private_network_is_not_called(receiver: Receiver) -> None:
    client = WebhookClient(connections=1, timeout_s=WAIT_S, networks=())
    try:
        with pytest.raises(NotSent, match="private network"):
            client.send(receiver.url.replace("127.0.0.1", "localhost"), {}, "{}")
    finally:
        client.close()
    assert receiver.came.empty()


def test_a_receiver_that_leads_on_to_what_is_no_address_has_not_taken_it(receiver: Receiver) -> None:
    receiver.location, receiver.statuses = "https://xn--/", {"/x": [302]}
    client = WebhookClient(connections=1, timeout_s=WAIT_S, networks=HERE)
    try:
        with pytest.raises(NotSent, match="leads on to what is no address"):
            client.send(f"{receiver.url}/x", {}, "{}")
    finally:
        client.close()


def test_a_platform_is_told_of_its_own_tenants_and_no_others(
    shops: tuple[Shop, Shop], real_url: str, receiver: Receiver, sender: Sender, database: Database
) -> None:
    alice, _ = shops
    keys = {name: add_key(database, name, list(PlatformScope)) for name in ("ours", "others")}
    weak = add_key(database, "ours", [PlatformScope.MINT_TOKENS])

    def asked(key: str, method: str, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.request(method, f"{real_url}/platform/webhooks{path}", headers=headers, json=body or None)

    made = asked(keys["ours"], "POST", "", url=f"{receiver.url}/ours").json()
    asked(keys["others"], "POST", "", url=f"{receiver.url}/others")
    assert asked(weak, "GET", "").status_code == 403
    assert asked("sfk_nobody", "GET", "").status_code == 401
    assert asked(keys["others"], "GET", f"/{made['id']}").status_code == 404
    assert alice.client.get(f"/api/webhooks/{made['id']}").status_code == 404
    theirs = create_tenant(database, "of-a-platform@example.com", platform="ours")
    ordered(database, alice.tenant, "hers")
    ordered(database, theirs, "theirs")
    sender.turn()
    (came,) = receiver.all()
    assert (came.path, came.said["data"]["tenant"], came.said["data"]["order_id"]) == ("/ours", theirs, "theirs")
    assert came.is_signed_by(made["secret"])
    assert asked(keys["ours"], "POST", f"/{made['id']}/ping").status_code == 202
    assert asked(keys["ours"], "GET", f"/{made['id']}/deliveries").json()["items"][0]["type"] == "ping"
    assert asked(keys["ours"], "DELETE", f"/{made['id']}").json() == {"id": made["id"]}


def test_an_account_has_only_so_many_webhooks(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    for _ in range(20):
        hook(alice, "https://shop.example/x")
    assert alice.client.post("/api/webhooks", json={"url": "https://shop.example/x"}).status_code == 409
    made = hook(bob, "https://shop.example/x")
    assert bob.client.delete(f"/api/webhooks/{made['id']}").json() == {"id": made["id"]}
    assert bob.client.get("/api/webhooks").json()["items"] == []
