"""Batches over HTTP, before the real use cases and a real database."""

from typing import Any

import httpx
import pytest

from tests.harness.shop import Shop

PUBLISH: dict[str, Any] = {"action_type": "publish"}


def ask(shop: Shop, query: str = "", headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return shop.client.post(f"/api/ebay/batches{query}", json=PUBLISH | body, headers=headers)


def counts(**named: int) -> dict[str, int]:
    states = ("total", "pending", "running", "completed", "failed", "cancelled", "expired", "percent")
    return dict.fromkeys(states, 0) | named


def jobs_of(shop: Shop, batch: int) -> list[dict[str, Any]]:
    return shop.client.get(f"/api/jobs?batch_id={batch}").json()["items"]


def test_a_batch_is_a_job_for_each_product_in_the_order_in_which_they_are_named(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    first, second, third = (alice.product(title=f"Coat {number}") for number in range(3))
    made = ask(alice, product_ids=[third, first, second], name="Autumn", priority=1)
    assert made.status_code == 201, made.text
    batch = made.json()
    assert made.headers["location"] == f"/api/batches/{batch['id']}"
    assert (batch["name"], batch["marketplace"], batch["action"], batch["priority"], batch["status"]) == (
        "Autumn", "ebay", "publish", 1, "pending",
    )  # fmt: skip
    assert batch["progress"] == counts(total=3, pending=3)
    jobs = jobs_of(alice, batch["id"])
    assert [job["product_id"] for job in jobs][::-1] == [third, first, second]
    assert {(job["batch_id"], job["status"], job["priority"]) for job in jobs} == {(batch["id"], "pending", 1)}
    one = alice.client.get(f"/api/jobs/{jobs[0]['id']}").json()
    alone = alice.submit(second).json()
    assert [task["name"] for task in one["tasks"]] == [task["name"] for task in alone["tasks"]]
    assert alice.client.get(f"/api/batches/{batch['id']}").json() == batch
    assert alice.client.get("/api/batches?status=pending&marketplace=ebay").json()["items"] == [batch]
    assert alice.client.get("/api/batches?status=completed").json()["items"] == []


def test_a_filter_means_the_products_that_are_so_now(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    zara = alice.product(brand="Zara", title="Wool coat")
    alice.product(brand="Zara", title="Wool coat", quantity=0)
    alice.product(brand="Mango", title="Wool coat")
    batch = ask(alice, filter={"brand": "zara", "status": "available", "not_on": "ebay", "text": "COAT wool"}).json()
    assert [job["product_id"] for job in jobs_of(alice, batch["id"])] == [zara]
    nobody = ask(alice, filter={"brand": "100%"})
    assert (nobody.status_code, nobody.json()["errors"]) == (
        422, [{"field": "filter", "message": "no product of yours is so"}],
    )  # fmt: skip


@pytest.mark.parametrize("field", ["for_sale_on", "not_on"])
@pytest.mark.parametrize("name", ["Ebay", "etsi", ""])
def test_a_marketplace_that_there_is_not_means_no_products_and_not_all(
    shops: tuple[Shop, Shop], field: str, name: str
) -> None:
    alice, _ = shops
    alice.product()
    batch = ask(alice, filter={field: name})
    assert (batch.status_code, batch.json()["errors"][0]["field"]) == (422, f"filter.{field}")
    listed = alice.client.get("/api/products", params={field: name})
    assert (listed.status_code, listed.json()["errors"][0]["field"]) == (422, field)


def test_products_are_listed_by_the_same_filter(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    alice.product(title="Green scarf")
    red = alice.product(title="Red scarf, 100% silk")
    found = alice.client.get("/api/products", params={"text": "100% scarf", "not_on": "ebay"}).json()["items"]
    assert [product["id"] for product in found] == [red]
    assert alice.client.get("/api/products?for_sale_on=ebay").json()["items"] == []
    assert alice.client.get("/api/products?status=lost").status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"product_ids": [1], "filter": {}}, "body"),
        ({"product_ids": []}, "product_ids"),
        ({"product_ids": [1] * 10_001}, "product_ids"),
        ({"product_ids": [7, 7]}, "product_ids.1"),
        ({"product_ids": [7], "action_type": "sync"}, "action_type"),
        ({"product_ids": [7], "action_type": "burn"}, "action_type"),
        ({"product_ids": [7], "priority": 9}, "priority"),
    ],
)
def test_what_is_not_right_is_named_and_nothing_is_made(
    shops: tuple[Shop, Shop], body: dict[str, Any], field: str
) -> None:
    alice, _ = shops
    answer = ask(alice, **body)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]], answer.text
    assert alice.client.get("/api/batches").json()["items"] == []


def test_products_that_are_not_there_or_another_sellers_are_named_and_nothing_is_made(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    hers, his = alice.product(), [bob.product() for _ in range(3)][-1]
    answer = ask(alice, product_ids=[hers, his])
    assert answer.status_code == 422
    assert answer.json()["detail"] == "Of 2 products 1 are not there."
    assert answer.json()["errors"] == [{"field": "product_ids.1", "message": f"There is no product {his}."}]
    assert alice.client.get("/api/jobs").json()["items"] == []
    assert bob.client.get("/api/jobs").json()["items"] == []


def test_the_same_key_answers_the_same_batch_and_says_so(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    key = {"Idempotency-Key": "k" * 200}
    product = alice.product()
    first = ask(alice, headers=key, product_ids=[product])
    again = ask(alice, headers=key, product_ids=[product])
    assert "idempotency-replayed" not in first.headers
    assert (again.headers["idempotency-replayed"], again.json()) == ("true", first.json())
    assert len(alice.client.get("/api/jobs").json()["items"]) == 1
    other = ask(alice, headers=key, product_ids=[product], name="Another")
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert ask(bob, headers=key, product_ids=[bob.product()]).json()["progress"] == counts(total=1, pending=1)


def test_a_dry_run_says_what_would_come_of_it_and_makes_nothing(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product()
    answer = ask(alice, "?dry_run=true", product_ids=[product])
    assert answer.status_code == 200, answer.text
    tried = answer.json()
    assert (tried["total"], tried["ready"]) == (1, 0)
    assert {reason["product"] for reason in tried["reasons"]} == {product}
    assert all(reason["field"] and reason["message"] for reason in tried["reasons"])
    assert alice.client.get("/api/batches").json()["items"] == []
    assert alice.client.get("/api/jobs").json()["items"] == []
    deletes = ask(alice, "?dry_run=true", product_ids=[product], action_type="delete").json()
    assert deletes == {"total": 1, "ready": 1, "reasons": []}


def test_cancelling_a_batch_cancels_what_has_not_begun_and_is_no_error_twice(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    products = [alice.product() for _ in range(3)]
    batch = ask(alice, product_ids=products).json()["id"]
    alone = alice.submit(products[0]).json()["id"]
    assert bob.client.post(f"/api/batches/{batch}/cancel").status_code == 404
    cancelled = alice.client.post(f"/api/batches/{batch}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
    assert cancelled.json()["progress"] == counts(total=3, cancelled=3, percent=100)
    assert alice.client.post(f"/api/batches/{batch}/cancel").json() == cancelled.json()
    assert alice.client.get(f"/api/jobs/{alone}").json()["status"] == "pending"
    assert alice.client.post(f"/api/batches/{batch}/retry").json()["status"] == "cancelled"


def test_batches_are_read_page_by_page_each_once(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product()
    made = [ask(alice, product_ids=[product]).json()["id"] for _ in range(3)]
    first = alice.client.get("/api/batches?limit=2").json()
    rest = alice.client.get("/api/batches", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["next_cursor"] is None
