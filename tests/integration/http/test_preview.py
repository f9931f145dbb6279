"""What would be published of a product, and at which price, before the real use cases and a real database."""

from io import BytesIO
from json import dumps
from typing import Any

import httpx
import pytest
from PIL import Image

from stoflow.storage.database.session import Database
from tests.harness.shop import Shop

EBAY = {
    "marketplace_id": "EBAY_FR",
    "merchant_location_key": "home",
    "fulfillment_policy_id": "1",
    "payment_policy_id": "2",
    "return_policy_id": "3",
}
ETSY = {"shipping_profile_id": "1", "readiness_state_id": "2", "currency": "EUR"}
SETTINGS: dict[str, dict[str, Any]] = {"ebay": EBAY, "etsy": ETSY, "vinted": {}}
DECLARED = {"who_made": "someone_else", "when_made": "1990s"}
EVERYWHERE = pytest.mark.parametrize("marketplace", sorted(SETTINGS))


@pytest.fixture
def alice(shops: tuple[Shop, Shop], database: Database) -> Shop:
    """A seller who is connected everywhere."""
    with database.records() as connection:
        for name in SETTINGS:
            connection.execute(
                f"INSERT INTO user_{shops[0].tenant}.connections (marketplace, external_id, state)"
                f" VALUES ('{name}', '12345', 'connected')".encode()
            )
    for name in SETTINGS:
        connected(database, shops[0], name)
    return shops[0]


def connected(database: Database, shop: Shop, marketplace: str, **more: str) -> None:
    settings = SETTINGS[marketplace] | more
    choices = {name: [{"value": value, "title": value, "only_with": {}}] for name, value in settings.items()}
    with database.records() as connection:
        connection.execute(
            f"UPDATE user_{shop.tenant}.connections SET settings = %s, choices = %s WHERE marketplace = %s".encode(),
            (dumps(settings), dumps(choices), marketplace),
        )


def with_photos(shop: Shop, count: int = 1, **changes: Any) -> int:
    product = shop.product(**DECLARED, **changes)
    files: list[Any] = []
    for number in range(count):
        drawn = BytesIO()
        Image.new("RGB", (20, 20), f"#{number:06x}").save(drawn, "PNG")
        files.append(("files", (f"{number}.png", drawn.getvalue())))
    assert shop.client.post(f"/api/products/{product}/photos", files=files).status_code == 201
    return product


def preview(shop: Shop, product: int, marketplace: str) -> dict[str, Any]:
    answer = shop.client.get(f"/api/products/{product}/preview?marketplace={marketplace}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def fields(shown: dict[str, Any]) -> set[str]:
    return {each["field"] for each in shown["missing"]}


@EVERYWHERE
def test_a_product_that_is_ready_is_shown_as_it_would_be_sent(alice: Shop, marketplace: str) -> None:
    product = with_photos(alice, 2)
    shown = preview(alice, product, marketplace)
    assert (shown["ready"], shown["missing"]) == (True, [])
    assert shown["title"] == "Wool coat"
    assert shown["description"].startswith("Warm.")
    assert shown["category"]
    assert shown["attributes"]
    assert shown["photos"] == [{"position": n, "url": f"/api/products/{product}/photos/{n}"} for n in (1, 2)]
    assert shown["pricing"] == {
        "price": {"amount": "12.50", "currency": "EUR"},
        "own": {"amount": "12.50", "currency": "EUR"},
        "rate": None,
        "margin_percent": "0",
        "ends_in": None,
    }
    assert "Wool coat" in str(shown["sent"]["map"])
    assert alice.client.get("/api/jobs").json()["items"] == []


@EVERYWHERE
def test_what_is_missing_is_named_and_the_rest_shown(alice: Shop, marketplace: str) -> None:
    product = alice.client.post("/api/products", json={"title": "Wool coat"}).json()["id"]
    shown = preview(alice, product, marketplace)
    assert (shown["ready"], shown["sent"], shown["pricing"]) == (False, None, None)
    assert {"price", "images"} <= fields(shown)
    assert (shown["title"], shown["photos"]) == ("Wool coat", [])


@EVERYWHERE
def test_what_is_previewed_of_a_product_is_nobody_elses(shops: tuple[Shop, Shop], marketplace: str) -> None:
    alice, bob = shops
    product = alice.product()
    assert bob.client.get(f"/api/products/{product}/preview?marketplace={marketplace}").status_code == 404
    assert fields(preview(alice, product, marketplace))  # she has no account there


@pytest.mark.parametrize("query", ["", "?marketplace=depop"])
def test_a_marketplace_is_named_that_there_is(shops: tuple[Shop, Shop], query: str) -> None:
    answer = shops[0].client.get(f"/api/products/{shops[0].product()}/preview{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "marketplace")


@EVERYWHERE
def test_the_accounts_rule_makes_the_price_and_is_shown(alice: Shop, marketplace: str) -> None:
    product = with_photos(alice)
    path = f"/api/{marketplace}/connection"
    rule = {"margin_percent": "10", "ends_in": "0.90"}
    set_ = alice.client.patch(path, json={"settings": {"pricing": rule}})
    assert set_.status_code == 200, set_.text
    assert alice.client.get(path).json()["settings"]["pricing"] == rule
    shown = preview(alice, product, marketplace)
    assert shown["pricing"] | {"own": None} == {
        "price": {"amount": "13.90", "currency": "EUR"},
        "own": None,
        "rate": None,
        "margin_percent": "10",
        "ends_in": "0.90",
    }
    assert "13.9" in str(shown["sent"])
    assert "12.5" not in str(shown["sent"])
    assert alice.client.patch(path, json={"settings": {"pricing": None}}).status_code == 200
    assert preview(alice, product, marketplace)["pricing"]["price"]["amount"] == "12.50"


@EVERYWHERE
def test_a_rule_that_is_none_is_refused_and_changes_nothing(alice: Shop, marketplace: str) -> None:
    answer = alice.client.patch(f"/api/{marketplace}/connection", json={"settings": {"pricing": {"margin": 5}}})
    assert refused(answer) == ["settings.pricing"]
    assert "pricing" not in alice.client.get(f"/api/{marketplace}/connection").json()["settings"]


@EVERYWHERE
def test_another_currency_is_refused_and_not_converted(alice: Shop, marketplace: str) -> None:
    product = with_photos(alice, price={"amount": "12.50", "currency": "USD"})
    shown = preview(alice, product, marketplace)
    assert fields(shown) == {"currency"}
    assert (shown["pricing"], shown["sent"]) == (None, None)


def test_photos_above_the_marketplaces_number_are_left_out(alice: Shop) -> None:
    product = with_photos(alice, 23)
    shown = {name: preview(alice, product, name) for name in SETTINGS}
    assert {name: len(each["photos"]) for name, each in shown.items()} == {"ebay": 23, "etsy": 20, "vinted": 20}
    assert {name: each["photos_left_out"] for name, each in shown.items()} == {"ebay": 0, "etsy": 3, "vinted": 3}


def refused(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422
    return [each["field"] for each in answer.json()["errors"]]
