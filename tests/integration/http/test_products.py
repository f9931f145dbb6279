"""What a seller does with one product over HTTP, before the real use cases and a real database."""

from typing import Any

import pytest

from stoflow.storage.database.session import Database
from tests.harness.shop import Shop

WRONG = ['"x"', 'W/"0"', "0123456789abcdef01234567", '"0123456789abcdef01234567", "y"']


def run(database: Database, shop: Shop, statement: str) -> None:
    with database.records() as connection:
        connection.execute(statement.replace("{s}", f"user_{shop.tenant}").encode())


def put_for_sale(database: Database, shop: Shop, product: int, marketplace: str) -> None:
    run(
        database,
        shop,
        "INSERT INTO {s}.listings (product_id, marketplace, external_id, visible, url)"
        f" VALUES ({product}, '{marketplace}', 'L1', true, 'https://example.com/L1')",
    )


def statuses(shop: Shop, product: int) -> list[tuple[str, str, str]]:
    jobs = shop.client.get(f"/api/jobs?product_id={product}").json()["items"]
    return [(job["marketplace"], job["action"], job["status"]) for job in jobs[::-1]]


def test_a_product_is_changed_only_as_it_was_read(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    path = f"/api/products/{alice.product()}"
    read = alice.client.get(path).headers["etag"]
    changed = alice.client.patch(path, json={"brand": "Mango"}, headers={"If-Match": read})
    assert changed.status_code == 200
    assert changed.headers["etag"] not in {read, ""}
    stale = alice.client.patch(path, json={"brand": "Zara"}, headers={"If-Match": read})
    assert (stale.status_code, stale.headers["content-type"]) == (412, "application/problem+json")
    assert alice.client.get(path).json()["brand"] == "Mango"
    assert alice.client.get(path).headers["etag"] == changed.headers["etag"]
    assert alice.client.patch(path, json={"brand": "Zara"}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("given", WRONG)
def test_an_if_match_that_no_answer_gave_is_refused_and_nothing_changes(shops: tuple[Shop, Shop], given: str) -> None:
    alice, _ = shops
    path = f"/api/products/{alice.product()}"
    answer = alice.client.patch(path, json={"brand": "Mango"}, headers={"If-Match": given})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "If-Match")
    assert alice.client.get(path).json()["brand"] == "Zara"


def test_a_new_product_says_where_it_is(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    made = alice.client.post("/api/products", json={"title": "Coat"})
    assert alice.client.get(made.headers["location"]).json() == made.json()
    assert alice.client.get(made.headers["location"]).headers["etag"] == made.headers["etag"]


def test_a_deleted_product_is_gone_and_its_keys_are_free(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    product = alice.product(sku="A-1")
    waiting = alice.submit(product).json()["id"]
    assert bob.client.delete(f"/api/products/{product}").status_code == 404
    gone = alice.client.delete(f"/api/products/{product}")
    assert (gone.status_code, gone.json()) == (200, {"id": product, "jobs": []})
    assert alice.client.get(f"/api/products/{product}").status_code == 404
    assert alice.client.get("/api/products").json()["items"] == []
    assert alice.client.delete(f"/api/products/{product}").status_code == 404
    assert alice.client.get(f"/api/jobs/{waiting}").json()["status"] == "cancelled"
    assert alice.submit(product).status_code == 404
    alice.product(sku="A-1")


def test_a_product_that_is_for_sale_stays_unless_its_listings_are_to_end(
    shops: tuple[Shop, Shop], database: Database
) -> None:
    alice, _ = shops
    product = alice.product()
    put_for_sale(database, alice, product, "etsy")
    update = alice.submit(product, "etsy", action_type="update").json()["id"]
    refused = alice.client.delete(f"/api/products/{product}")
    assert refused.status_code == 409
    assert refused.json()["detail"].startswith(f"Product {product} is for sale, or about to be, on etsy:")
    assert alice.client.get(f"/api/jobs/{update}").json()["status"] == "pending"  # a refusal changes nothing

    ended = alice.client.delete(f"/api/products/{product}?listings=end").json()

    assert [alice.client.get(f"/api/jobs/{job}").json()["action"] for job in ended["jobs"]] == ["delete"]
    assert statuses(alice, product) == [("etsy", "update", "cancelled"), ("etsy", "delete", "pending")]
    assert alice.client.get(f"/api/products/{product}").status_code == 404


def test_a_job_that_runs_is_followed_by_one_that_ends_what_it_shows(
    shops: tuple[Shop, Shop], database: Database
) -> None:
    alice, _ = shops
    product = alice.product()
    running = alice.submit(product).json()["id"]
    run(database, alice, f"UPDATE {{s}}.marketplace_jobs SET status = 'running' WHERE id = {running}")
    assert alice.client.delete(f"/api/products/{product}").status_code == 409
    assert alice.client.delete(f"/api/products/{product}?listings=end").status_code == 200
    assert statuses(alice, product) == [("ebay", "publish", "running"), ("ebay", "delete", "pending")]


def test_the_listings_of_a_product_are_told(shops: tuple[Shop, Shop], database: Database) -> None:
    alice, bob = shops
    product = alice.product()
    put_for_sale(database, alice, product, "ebay")
    told: list[dict[str, Any]] = alice.client.get(f"/api/products/{product}/listings").json()["items"]
    shown = [{name: each[name] for name in ("marketplace", "external_id", "visible", "url")} for each in told]
    assert shown == [{"marketplace": "ebay", "external_id": "L1", "visible": True, "url": "https://example.com/L1"}]
    assert bob.client.get(f"/api/products/{product}/listings").status_code == 404
