"""The doors before the real use cases and a real database: what is promised over HTTP holds down to the rows."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
import socketio
from PIL import Image
from sqlalchemy import func, update

from stoflow.cli.run.children import Children, free_port
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct, ProductImage
from stoflow.resources.products.store import Products
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.database.tables import ProductRow
from stoflow.storage.database.tenants import suspend_tenant
from stoflow.storage.engine.commands import absent
from stoflow.wiring import health
from stoflow.wiring.tokens import access_tokens
from tests.harness.shop import PRODUCT, Shop

WAIT_S = 10
OF_THE_SELLER = {"sku": "A-1", "external_id": "row-7", "metadata": {"rack": 7, "notes": ["dry clean", None, 1.5]}}


Serving = Callable[[Any], Any]


def test_a_product_comes_back_as_it_went_in(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product(**OF_THE_SELLER)
    read = alice.client.get(f"/api/products/{product}").json()
    assert read == {**read, **PRODUCT, **OF_THE_SELLER, "id": product}
    assert alice.client.get("/api/products").json()["items"] == [read]


def test_products_are_read_page_by_page_newest_first(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    made = [alice.product(title=f"Coat {number}") for number in range(5)]
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = alice.client.get("/api/products", params={"limit": "2", **cursor}).json()
        seen += [product["id"] for product in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == sorted(made, reverse=True)


def test_a_job_is_made_listed_explained_and_cancelled(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    job = alice.submit(alice.product()).json()
    assert (job["marketplace"], job["action"], job["status"], job["result"]) == ("ebay", "publish", "pending", None)
    assert [task["position"] for task in job["tasks"]] == sorted(task["position"] for task in job["tasks"])
    assert {task["status"] for task in job["tasks"]} == {"pending"}
    assert [one["id"] for one in alice.client.get("/api/ebay/jobs?status=pending").json()["items"]] == [job["id"]]
    assert alice.client.get("/api/etsy/jobs").json()["items"] == []
    assert alice.client.post(f"/api/jobs/{job['id']}/retry").status_code == 409
    cancelled = alice.client.post(f"/api/jobs/{job['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["cancel_requested"]) == (202, True)
    assert alice.client.get(f"/api/jobs/{job['id']}").json()["status"] == "cancelled"
    assert alice.client.post(f"/api/jobs/{job['id']}/cancel").status_code == 409
    entries = alice.client.get(f"/api/jobs/{job['id']}/timeline").json()["items"]
    assert [entry["to_status"] for entry in entries if entry["task"] is None][-1] == "cancelled"


def test_jobs_are_read_page_by_page_each_once(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    made = {alice.submit(alice.product()).json()["id"] for _ in range(5)}
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = alice.client.get("/api/jobs", params={"limit": "2", **cursor}).json()
        seen += [job["id"] for job in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == sorted(made, reverse=True)


def test_the_filters_reach_the_database(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    products = [alice.product(), alice.product()]
    first, second = (alice.submit(product).json() for product in products)

    def found(**query: str) -> list[int]:
        answer = alice.client.get("/api/jobs", params=query)
        assert answer.status_code == 200, answer.text
        return [job["id"] for job in answer.json()["items"]]

    assert found(product_id=str(products[0])) == [first["id"]]
    assert found(action="publish", marketplace="ebay") == [second["id"], first["id"]]
    assert found(action="delete") == []
    assert found(created_after="2999-01-01T00:00:00Z") == []
    assert found(created_before="2000-01-01T00:00:00Z") == []
    assert found(created_after=first["created_at"]) == [second["id"]]
    assert found(created_before=second["created_at"]) == [first["id"]]


def test_a_cursor_that_nobody_gave_is_refused(shops: tuple[Shop, Shop]) -> None:
    for path in ("/api/jobs", "/api/ebay/jobs", "/api/products"):
        for cursor in ("x", "-1", "99999999999999999999", "1.5"):
            answer = shops[0].client.get(path, params={"cursor": cursor})
            assert answer.status_code == 422, (path, cursor, answer.text)
            assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


def test_a_product_changes_only_in_what_is_named(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    product = alice.product()
    before = alice.client.get(f"/api/products/{product}").json()
    price = {"amount": "19.90", "currency": "GBP"}
    answer = alice.client.patch(f"/api/products/{product}", json={"price": price, "colors": ["red"]})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {**before, "price": price, "colors": ["red"]}
    assert alice.client.get(f"/api/products/{product}").json() == answer.json()
    assert alice.client.patch(f"/api/products/{product}", json={"price": None}).json()["price"] is None
    assert bob.client.patch(f"/api/products/{product}", json={"title": "Mine"}).status_code == 404


def test_a_price_that_names_no_currency_keeps_the_products_own(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product(price={"amount": "12.50", "currency": "GBP"})
    changed = alice.client.patch(f"/api/products/{product}", json={"price": {"amount": "9.00"}})
    assert changed.json()["price"] == {"amount": "9.00", "currency": "GBP"}
    made = alice.client.post("/api/products", json={"title": "Coat", "price": {"amount": "9.00"}})
    assert made.json()["price"] == {"amount": "9.00", "currency": "EUR"}


@pytest.mark.parametrize("change", [{}, {"title": "Blue coat"}, {"size": "L"}, {"price": None}], ids=str)
def test_a_sold_product_stays_sold_whatever_else_changes(shops: tuple[Shop, Shop], change: dict[str, Any]) -> None:
    alice, _ = shops
    product = alice.product(quantity=0)
    before = alice.client.get(f"/api/products/{product}").json()
    assert alice.client.patch(f"/api/products/{product}", json=change).json() == {**before, **change}


def test_a_job_remembers_the_request_that_asked_for_it(shops: tuple[Shop, Shop], database: Database) -> None:
    alice, _ = shops
    named = alice.submit(alice.product(), headers={"X-Request-ID": "mine-1"})
    unnamed = alice.submit(alice.product(), headers={"X-Request-ID": "not a word"})
    assert named.headers["X-Request-ID"] == "mine-1"
    with database.records() as connection:
        rows = connection.execute(f"SELECT request_id FROM user_{alice.tenant}.marketplace_jobs ORDER BY id".encode())
        assert [row["request_id"] for row in rows] == ["mine-1", unnamed.headers["X-Request-ID"]]


def test_a_quantity_of_0_ends_every_listing_and_one_above_0_takes_that_back(
    shops: tuple[Shop, Shop], database: Database
) -> None:
    alice, _ = shops
    product = alice.product(quantity=2)
    with database.records() as connection:
        connection.execute(
            f"INSERT INTO user_{alice.tenant}.listings (product_id, marketplace, external_id, visible) "
            f"SELECT {product}, unnest(ARRAY['ebay', 'etsy', 'vinted']), '77', true".encode()
        )

    def removals(status: str) -> list[str]:
        jobs = alice.client.get("/api/jobs", params={"action": "delete", "status": status}).json()["items"]
        return sorted(job["marketplace"] for job in jobs if job["product_id"] == product)

    assert alice.client.patch(f"/api/products/{product}", json={"quantity": 1}).json()["quantity"] == 1
    assert removals("pending") == []
    assert alice.client.patch(f"/api/products/{product}", json={"quantity": 0}).json()["quantity"] == 0
    assert removals("pending") == ["ebay", "etsy", "vinted"]
    assert alice.client.patch(f"/api/products/{product}", json={"quantity": 3}).json()["quantity"] == 3
    assert (removals("pending"), removals("cancelled")) == ([], ["ebay", "etsy", "vinted"])


def test_an_action_that_there_is_not_is_answered_with_those_there_are(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    answer = alice.submit(alice.product(), action_type="explode")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "action_type"
    assert "there are delete, orders, publish, sync, update" in error["message"]


def test_what_an_action_takes_is_read_and_what_it_does_not_take_is_named(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    actions = {one["action"]: one for one in alice.client.get("/api/ebay/actions").json()["items"]}
    assert sorted(actions) == ["delete", "orders", "publish", "sync", "update"]
    assert (actions["orders"]["code"], actions["orders"]["needs_product"]) == ("sync_orders", False)
    assert list(actions["publish"]["payload"]["properties"]) == ["aspects"]
    product = alice.product()
    wrong: dict[str, Any] = {"payload": {"aspects": {"Style": {}}, "kept": 1}}
    one = alice.submit(product, **wrong)
    many = alice.client.post("/api/ebay/batches", json={"action_type": "publish", "product_ids": [product], **wrong})
    said = alice.client.post("/api/vinted/jobs", json={"action_type": "message", "payload": {"text": " "}})
    assert [answer.status_code for answer in (one, many, said)] == [422, 422, 422]
    assert {error["field"] for answer in (one, many) for error in answer.json()["errors"]} == {"payload.aspects.Style"}
    assert [error["field"] for error in said.json()["errors"]] == ["payload.conversation_id", "payload.text"]
    assert alice.submit(product, payload={"aspects": {"Style": "Boho"}, "kept": 1}).status_code == 201


@pytest.mark.parametrize(
    ("marketplace", "code"), [("vinted", "orders"), ("ebay", "sync_orders"), ("etsy", "sync_orders")]
)
def test_orders_may_be_asked_for_by_one_name_everywhere(shops: tuple[Shop, Shop], marketplace: str, code: str) -> None:
    alice, _ = shops
    for name in {"orders", code}:
        job = alice.client.post(f"/api/{marketplace}/jobs", json={"action_type": name}).json()
        assert job["action"] == "orders"
        assert alice.client.get(f"/api/jobs/{job['id']}").json() == job
    for name in {"orders", code}:
        listed = alice.client.get(f"/api/{marketplace}/jobs", params={"action": name}).json()["items"]
        assert len(listed) == len({"orders", code})
    assert alice.client.get("/api/jobs", params={"action": "sync"}).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"price": {"amount": "-1"}}, "price.amount"),
        ({"condition": 11}, "condition"),
        ({"titel": "A coat"}, "titel"),
        ({"id": 7}, "id"),
    ],
)
def test_a_change_that_cannot_be_names_its_field_and_changes_nothing(
    shops: tuple[Shop, Shop], body: dict[str, Any], field: str
) -> None:
    alice, _ = shops
    product = alice.product()
    before = alice.client.get(f"/api/products/{product}").json()
    answer = alice.client.patch(f"/api/products/{product}", json={"brand": "Zara", **body})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert alice.client.get(f"/api/products/{product}").json() == before


@pytest.mark.parametrize("field", ["sku", "external_id"])
def test_a_key_that_another_product_has_is_a_conflict_that_names_both(shops: tuple[Shop, Shop], field: str) -> None:
    alice, bob = shops
    bare = {"title": "Hat", "price": {"amount": "5.00"}}
    first = alice.client.post("/api/products", json={**bare, field: " A-1 "}).json()
    second = alice.client.post("/api/products", json=bare).json()
    assert (first[field], second[field]) == ("A-1", "")
    for answer in (
        alice.client.post("/api/products", json={**bare, field: "A-1"}),
        alice.client.patch(f"/api/products/{second['id']}", json={field: "A-1", "title": "Cap"}),
    ):
        assert answer.status_code == 409, answer.text
        said = f'Product {first["id"]} has the {field} "A-1".'
        assert (answer.json()["detail"], answer.json()["errors"]) == (said, [{"field": field, "message": said}])
    assert alice.client.get(f"/api/products/{second['id']}").json() == second
    assert bob.client.post("/api/products", json={**bare, field: "A-1"}).status_code == 201
    assert alice.client.patch(f"/api/products/{first['id']}", json={field: ""}).json()[field] == ""
    assert alice.client.patch(f"/api/products/{second['id']}", json={field: "A-1"}).json()[field] == "A-1"


def test_what_a_seller_s_program_notes_is_kept_and_bounded(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product()
    changed = alice.client.patch(f"/api/products/{product}", json={"metadata": {"shelf": "B"}})
    assert changed.json()["metadata"] == {"shelf": "B"}
    assert alice.client.patch(f"/api/products/{product}", json={"title": "Cape"}).json()["metadata"] == {"shelf": "B"}
    for wrong in ({"note": "x" * 20_000}, ["a list"], "text"):
        answer = alice.client.patch(f"/api/products/{product}", json={"metadata": wrong})
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == ["metadata"]


def test_a_job_that_cannot_be_is_refused_in_words(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product()
    changes: list[dict[str, Any]] = [{"product_id": 2**31 - 1}, {"product_id": None}, {"action_type": "explode"}]
    for change in changes:
        answer = alice.submit(product, **change)
        assert answer.status_code in {404, 422}, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert alice.client.get("/api/jobs").json()["items"] == []


def test_the_same_key_makes_one_job_however_often_and_at_once(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product, key = alice.product(), {"Idempotency-Key": str(uuid4())}
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: alice.submit(product, headers=key), range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(alice.client.get("/api/jobs").json()["items"]) == 1
    assert alice.submit(product, headers=key).status_code == 201
    assert alice.submit(product, headers=key, priority=1).status_code == 422


def test_a_key_counts_within_one_tenant_and_is_a_conflict_at_another_marketplace(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    key = {"Idempotency-Key": "the-same"}
    product = alice.product()
    mine, his = alice.submit(product, headers=key), bob.submit(bob.product(), headers=key)
    assert (mine.status_code, his.status_code) == (201, 201)
    other = alice.submit(product, "etsy", headers=key)
    assert (other.status_code, other.headers["content-type"]) == (409, "application/problem+json")
    assert "was used for ebay" in other.json()["detail"]
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    assert alice.submit(product, headers=key).json()["id"] == mine.json()["id"]


def test_nobody_reads_or_changes_what_is_anothers(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    product = alice.product(title="Canary")
    job = alice.submit(product).json()
    for method, path in (
        ("GET", f"/api/jobs/{job['id']}"),
        ("GET", f"/api/jobs/{job['id']}/timeline"),
        ("POST", f"/api/jobs/{job['id']}/cancel"),
        ("POST", f"/api/jobs/{job['id']}/retry"),
        ("GET", f"/api/products/{product}"),
    ):
        answer = bob.client.request(method, path)
        assert answer.status_code == 404, (path, answer.text)
        assert "Canary" not in answer.text
    for path in ("/api/jobs", "/api/ebay/jobs", "/api/products"):
        assert bob.client.get(path).json() == {"items": [], "next_cursor": None}
    assert bob.submit(product).status_code in {404, 422}
    assert alice.client.get(f"/api/jobs/{job['id']}").json() == job


def _with_photos(database: Database, tenant: TenantId, *paths: str) -> int:
    images = tuple(ProductImage(position, path) for position, path in enumerate(paths, start=1))
    coat = NewProduct(title="Coat", description="", price=None, images=images)
    return Products(database).add(tenant, coat).id


def test_a_photo_comes_back_as_it_was_given(shops: tuple[Shop, Shop], settings: Settings, database: Database) -> None:
    alice, _ = shops
    media = settings.home / "media"
    media.mkdir()
    for name in ("coat.jpg", "coat.png", "coat.webp"):
        Image.new("RGB", (20, 20), "navy").save(media / name)
    product = _with_photos(database, alice.tenant, "coat.jpg", "coat.png", "coat.webp")

    for position, kind in enumerate(("jpeg", "png", "webp"), start=1):
        answer = alice.client.get(f"/api/products/{product}/photos/{position}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"image/{kind}")
        assert answer.headers["cache-control"].startswith("private")
        assert answer.content == (media / f"coat.{kind.replace('jpeg', 'jpg')}").read_bytes()


def test_no_photo_of_another_and_no_other_file_is_given(
    shops: tuple[Shop, Shop], settings: Settings, database: Database
) -> None:
    alice, bob = shops
    media = settings.home / "media"
    media.mkdir()
    Image.new("RGB", (20, 20), "navy").save(media / "coat.png")
    (media / "notes.txt").write_text("no picture")
    Image.new("RGB", (20, 20), "red").save(settings.home / "secret.png")
    (media / "link.png").symlink_to(settings.home / "secret.png")
    outside = ("../secret.png", str(settings.home / "secret.png"), "link.png", "notes.txt", "gone.png", ".")
    product = _with_photos(database, alice.tenant, "coat.png", *outside)

    assert alice.client.get(f"/api/products/{product}/photos/1").status_code == 200
    assert bob.client.get(f"/api/products/{product}/photos/1").status_code == 404
    for position in (*range(2, len(outside) + 3), 0, "01", "x", 2**40):
        answer = alice.client.get(f"/api/products/{product}/photos/{position}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), position
    with database.tenant(alice.tenant) as session:
        session.execute(update(ProductRow).values(deleted_at=func.now()))
    assert alice.client.get(f"/api/products/{product}/photos/1").status_code == 404


def test_a_suspended_tenant_is_soon_out(shops: tuple[Shop, Shop], database: Database) -> None:
    alice, bob = shops
    assert alice.client.get("/api/jobs").status_code == 200
    suspend_tenant(database, alice.tenant)
    until = time.monotonic() + WAIT_S
    while alice.client.get("/api/jobs").status_code == 200:
        assert time.monotonic() < until
    assert alice.client.get("/api/jobs").status_code == 403
    assert bob.client.get("/api/jobs").status_code == 200


def test_the_api_says_that_it_is_ready(shops: tuple[Shop, Shop]) -> None:
    assert shops[0].client.get("/readyz").json() == {
        "status": "ready",
        "postgres": "up",
        "redis": "up",
        "refused_by": [],
    }


def test_a_postgresql_that_takes_nothing_is_not_ready(
    shops: tuple[Shop, Shop], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "is_read_only", lambda _: True)

    answer = shops[0].client.get("/readyz")

    assert (answer.status_code, answer.json()["part"]) == (503, "postgres")
    assert "STOFLOW_DATABASE_URL" in answer.json()["detail"]


def test_the_command_serves_until_sigterm_and_gives_its_lease_back(settings: Settings, database: Database) -> None:
    port = free_port()
    named = {"HOME": settings.home, "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    environment = {f"STOFLOW_{name}": str(value) for name, value in named.items()}

    def is_ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    with Children(environment) as children:
        child = children.start("api", "api", "--port", str(port))
        children.wait_until(is_ready, child)
        child.process.terminate()
        assert child.process.wait(WAIT_S) == 0
    with database.records() as connection:
        rows = connection.execute("SELECT dead FROM public.processes WHERE kind = 'api'").fetchall()
    assert [row["dead"] for row in rows] in ([True], [])


def test_after_a_pause_past_the_lease_a_plugin_is_present_again(
    shops: tuple[Shop, Shop], settings: Settings, database: Database
) -> None:
    alice, _ = shops
    token = access_tokens(settings).issue_access_token(alice.tenant)
    plugin = socketio.Client()
    auth = {"token": token, "client": "plugin", "plugin_id": "laptop"}
    plugin.connect(str(alice.client.base_url), auth=auth, transports=["websocket"])

    def is_present() -> bool:
        with database.records() as connection:
            return not absent(connection, [alice.tenant])

    try:
        assert is_present()
        with database.records() as connection:
            connection.execute("UPDATE public.processes SET dead = true")  # as the sweeper does to a paused one
        until = time.monotonic() + WAIT_S
        while not is_present():
            assert time.monotonic() < until
    finally:
        plugin.disconnect()


def test_a_form_finds_the_values_a_product_may_have(shops: tuple[Shop, Shop]) -> None:
    answer = shops[0].client.get("/api/attributes/categories", params={"search": "jurk", "limit": 1})
    assert answer.json()["items"][0] == {
        "name": "women/dresses",
        "labels": {"en": "Women: Dress", "fr": "Femme: Robe", "nl": "Dames: Jurk", "de": "Damen: Kleid"},
        "details": {"section": "clothing", "size_required": "1"},
    }
    assert shops[1].client.get("/api/attributes/flavours").status_code == 404
