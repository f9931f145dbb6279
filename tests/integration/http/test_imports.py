"""A file of products as the body of a request, before the real use cases and a real database."""

import threading
from time import monotonic
from typing import Any

import pytest

from tests.harness.shop import Shop

WAIT_S = 60


@pytest.fixture
def shop(shops: tuple[Shop, Shop]) -> Shop:
    return shops[0]


def ended(shop: Shop, where: str) -> dict[str, Any]:
    waits, ends_at = threading.Event(), monotonic() + WAIT_S
    while (found := shop.client.get(where).json())["completed_at"] is None:
        assert monotonic() < ends_at, found
        waits.wait(0.1)
    return found


def test_a_file_is_taken_at_once_and_read_while_one_asks_how_far_it_is(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    rows = "title,price,sku\n" + "".join(f"Coat {n},{n},S{n}\n" for n in range(1, 501)) + "Hat,much,H\n"
    asked = alice.client.post("/api/products/import", content=rows, headers={"Content-Type": "text/csv"})
    assert asked.status_code == 202
    assert asked.json()["status"] == "pending"
    where = asked.headers["location"]
    found = ended(alice, where)
    assert {name: found[name] for name in ("status", "rows", "imported", "rejected", "reason")} == {
        "status": "completed",
        "rows": 501,
        "imported": 500,
        "rejected": 1,
        "reason": "",
    }
    rejected = alice.client.get(f"{where}/rows").json()
    assert rejected["next_cursor"] is None
    assert [(each["line"], each["field"], each["value"]) for each in rejected["items"]] == [(502, "price", "much")]
    assert alice.client.get("/api/products?text=Coat 500").json()["items"][0]["sku"] == "S500"
    assert bob.client.get(where).status_code == 404
    assert bob.client.get(f"{where}/rows").status_code == 404


def test_the_products_that_are_listed_can_be_changed_in_a_file_and_given_back(shop: Shop) -> None:
    rows = "title,price,sku,colors\nCoat,49.00 EUR,K1,Grey\nHat,5.00 USD,K2,\n"
    ended(shop, shop.client.post("/api/products/import", content=rows).headers["location"])
    listed = shop.client.get("/api/products").json()
    listed["items"][0]["price"]["amount"] = "6.00"
    for body in (listed, listed["items"]):
        found = ended(shop, shop.client.post("/api/products/import", json=body).headers["location"])
        assert (found["imported"], found["rejected"]) == (2, 0)
    assert shop.client.get("/api/products").json()["items"] == listed["items"]


def test_a_form_with_the_file_in_it_is_refused_with_what_to_send_instead(shop: Shop) -> None:
    answer = shop.client.post("/api/products/import", files={"file": ("shop.csv", b"title,price\nCoat,1\n")})
    assert (answer.status_code, answer.json()["detail"]) == (
        415,
        "Send the file itself as the body, not in a form: curl --data-binary @FILE.",
    )


def test_what_cannot_be_read_is_refused_at_once(shop: Shop) -> None:
    for content, query in (("", {}), ("a,b\n1,2\n", {}), ("title,price\nCoat,1\n", {"map": "title=Nothing"})):
        answer = shop.client.post("/api/products/import", content=content, params=query)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert shop.client.get("/api/imports/1").status_code == 404
