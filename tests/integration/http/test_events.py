"""Events before a real database: each once, in order, through reconnects, of one tenant only."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from websockets.sync.client import connect

from stoflow.domain.ids import TenantId
from stoflow.http.sockets.told import EVENTS_TO_FRONTENDS, SEQUENCE
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.engine.statement import bind
from stoflow.storage.events.numbering import forget_events, number_events
from stoflow.wiring.tokens import access_tokens
from tests.harness.raw_socket import RawSocket
from tests.harness.serving import api_of
from tests.harness.shop import Shop

ORDER = """
INSERT INTO {s}.orders (marketplace, external_id, state, ordered_at, total, currency)
VALUES ('ebay', %(order)s, 'paid', now(), 12.5, 'EUR')
"""
LINE = """
INSERT INTO {s}.order_lines (marketplace, order_id, line_id, listing_id, quantity) VALUES ('ebay', %(order)s, '1', 'L1', 1)
"""
NEEDS_SELLER = "INSERT INTO {s}.connections (marketplace, state, reason) VALUES ('ebay', 'needs_seller', 'Log in.')"
LISTED = """
INSERT INTO {s}.listings (product_id, marketplace, external_id, visible) VALUES (%(product)s, 'ebay', %(name)s, true)
"""
ENDED = "UPDATE {s}.listings SET external_id = NULL, visible = false"
PLUGIN = """
INSERT INTO public.plugin_presence (tenant, plugin_id, connected) VALUES (%(tenant)s, 'laptop', true)
ON CONFLICT (tenant) DO UPDATE SET connected = NOT plugin_presence.connected
"""

DISABLED = """
INSERT INTO public.events (tenant, type, state, subject) VALUES (%(tenant)s, 'webhook_disabled', 'It is gone.', 1)
"""

Page = Callable[..., RawSocket]


def change(database: Database, tenant: TenantId, text: Any, **params: Any) -> None:
    with database.records() as connection:
        bind(text, tenant, **params).on(connection)


@contextmanager
def pages_of(url: str, settings: Settings) -> Iterator[Page]:
    """Open pages at one api process: of a shop, which was told so much."""
    tokens, stack = access_tokens(settings), ExitStack()

    def page(shop: Shop, last_event: int | None = None) -> RawSocket:
        address = url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        socket = RawSocket(stack.enter_context(connect(address, max_size=None)))
        socket.read()
        hello: dict[str, Any] = {"token": tokens.issue_access_token(shop.tenant), "client": "frontend"}
        return socket.hello(hello if last_event is None else hello | {"last_event": last_event})

    with stack:
        yield page


@pytest.fixture
def page(real_url: str, settings: Settings) -> Iterator[Page]:
    with pages_of(real_url, settings) as page:
        yield page


def cancelled(shop: Shop) -> int:
    job = shop.submit(shop.product()).json()["id"]
    assert shop.client.post(f"/api/jobs/{job}/cancel").status_code == 202
    return job


def listed(shop: Shop, after: int = 0, **query: Any) -> dict[str, Any]:
    answer = shop.client.get("/api/events", params={"after": after, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_page_that_reconnects_is_sent_what_it_missed_in_order_and_once(shops: tuple[Shop, Shop], page: Page) -> None:
    alice, _ = shops
    first = page(alice)
    jobs = [cancelled(alice)]
    name, told = first.event()
    assert (name, told["job_id"], told["status"], told["number"]) == ("job_status_update", jobs[0], "cancelled", 1)
    first.connection.close()
    jobs += [cancelled(alice) for _ in range(3)]
    again = page(alice, last_event=1)
    jobs.append(cancelled(alice))
    missed = [again.event()[1] for _ in range(4)]
    assert [one["job_id"] for one in missed] == jobs[1:]
    assert [one["number"] for one in missed] == [2, 3, 4, 5]
    newcomer = page(alice)
    jobs.append(cancelled(alice))
    assert again.event()[1]["job_id"] == newcomer.event()[1]["job_id"] == jobs[-1]


def test_the_same_is_read_over_http_page_by_page(shops: tuple[Shop, Shop], page: Page) -> None:
    alice, _ = shops
    jobs = [cancelled(alice) for _ in range(3)]
    first = listed(alice, limit=2)
    assert ([one["data"]["job_id"] for one in first["items"]], first["last"], first["missed"]) == (jobs[:2], 2, False)
    second = listed(alice, after=first["last"])
    assert ([one["data"]["job_id"] for one in second["items"]], second["last"]) == (jobs[2:], 3)
    assert listed(alice, after=3) == {"items": [], "last": 3, "missed": False}
    socket = page(alice, last_event=0)
    for one in first["items"]:
        name, told = socket.event()
        assert (name, told) == (one["type"], {**one["data"], "number": one["number"], "at": one["at"]})


def test_what_is_committed_late_is_not_passed_over(shops: tuple[Shop, Shop], page: Page, database: Database) -> None:
    alice, _ = shops
    socket = page(alice)
    with database.records() as late:
        bind(ORDER, alice.tenant, order="late").on(late)  # it has the lower id
        job = cancelled(alice)
        assert socket.event()[1]["job_id"] == job
    name, told = socket.event()
    assert (name, told["order_id"], told["number"]) == ("order_received", "late", 2)


def test_what_was_undone_is_never_told(shops: tuple[Shop, Shop], database: Database) -> None:
    alice, _ = shops
    with pytest.raises(RuntimeError), database.records() as connection:
        bind(ORDER, alice.tenant, order="undone").on(connection)
        raise RuntimeError
    cancelled(alice)
    assert [one["type"] for one in listed(alice)["items"]] == ["job_status_update"]


def test_two_api_processes_and_no_redis_serve_pages_alike(
    shops: tuple[Shop, Shop], page: Page, settings: Settings
) -> None:
    alice, _ = shops
    unheard = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    with api_of(unheard) as url, pages_of(url, settings) as other_page:
        here, there = page(alice), other_page(alice)
        job = cancelled(alice)
        assert here.event() == there.event()
        there.connection.close()
        moved = page(alice, last_event=0)
        assert moved.event()[1]["job_id"] == job


def test_who_was_away_too_long_is_told_to_read_again(shops: tuple[Shop, Shop], page: Page, database: Database) -> None:
    alice, _ = shops
    for _ in range(3):
        cancelled(alice)
    with database.records() as connection:
        number_events(connection)
        assert forget_events(connection, kept_s=0)
    kept = cancelled(alice)
    late = page(alice, last_event=1)
    assert late.event() == ("events_missed", {"last_event": 1, "number": 4})
    in_time, wrong = page(alice, last_event=3), page(alice, last_event=99)
    assert in_time.event()[1]["job_id"] == kept
    assert wrong.event() == ("events_missed", {"last_event": 99, "number": 4})
    assert listed(alice, after=1)["missed"]
    assert listed(alice, after=99)["missed"]
    assert not listed(alice, after=3)["missed"]
    job = cancelled(alice)
    assert late.event()[1]["job_id"] == in_time.event()[1]["job_id"] == wrong.event()[1]["job_id"] == job


def test_a_batch_is_told_of_once_for_all_that_changed_in_a_second_and_after_the_last(
    shops: tuple[Shop, Shop], page: Page
) -> None:
    alice, _ = shops
    products = [alice.product() for _ in range(5)]
    batch = alice.client.post("/api/ebay/batches", json={"action_type": "publish", "product_ids": products}).json()
    socket = page(alice)
    assert alice.client.post(f"/api/batches/{batch['id']}/cancel").status_code == 202
    told = [socket.event() for _ in range(6)]
    assert [name for name, _ in told] == ["job_status_update"] * 5 + ["batch_progress"]
    progress = told[-1][1]
    assert progress["progress"] == alice.client.get(f"/api/batches/{batch['id']}").json()["progress"]
    assert (progress["batch_id"], progress["status"], progress["progress"]["cancelled"]) == (
        batch["id"],
        "cancelled",
        5,
    )


def test_every_event_is_its_own_tenants_and_as_the_document_says(
    shops: tuple[Shop, Shop], page: Page, database: Database, real_url: str
) -> None:
    hers, his = shops
    document = httpx.get(f"{real_url}/asyncapi.json").json()
    pages = {shop: page(shop) for shop in shops}
    for shop, order in ((hers, "hers"), (his, "his")):
        product = shop.product()
        batch = shop.client.post("/api/ebay/batches", json={"action_type": "publish", "product_ids": [product]}).json()
        shop.client.post(f"/api/batches/{batch['id']}/cancel")
        with database.records() as connection:
            for text in (ORDER, LINE, NEEDS_SELLER, LISTED, ENDED, PLUGIN, DISABLED):
                bind(text, shop.tenant, order=order, product=product, name=order).on(connection)
    for shop, own, others in ((hers, "hers", '"his"'), (his, "his", '"hers"')):
        told = [pages[shop].event() for _ in range(8)]
        assert {name for name, _ in told} == set(SEQUENCE)
        assert [data["number"] for _, data in told] == list(range(1, 9))
        assert own in str(told)
        assert others not in str(told).replace("'", '"')
        for name, data in told:
            payload = document["channels"]["frontend"]["messages"][name]["payload"]
            schema = {**payload, "components": document["components"], "unevaluatedProperties": False}
            Draft202012Validator(schema).validate(data)
        listing = [data["state"] for name, data in told if name == "listing_changed"]
        assert listing == ["for_sale", "ended"]


def test_the_document_has_every_event_and_every_reference_leads_somewhere(real_url: str) -> None:
    document = httpx.get(f"{real_url}/asyncapi.json").json()
    assert document["asyncapi"].startswith("3.")
    assert set(EVENTS_TO_FRONTENDS) <= set(document["channels"]["frontend"]["messages"])
    assert {"plugin_command", "plugin_response", "token"} <= set(document["channels"]["plugin"]["messages"])
    for reference in references(document):
        at: Any = document
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        yield value["$ref"]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from references(each)
