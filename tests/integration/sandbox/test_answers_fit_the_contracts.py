"""What the sandbox answers is what the marketplaces' own OpenAPI files promise."""

from typing import Any

import httpx
import pytest

from stoflow.domain.call import Reply, Request
from tests.harness.official import SPECS, read_official

JPEG = b"\xff\xd8\xff\xe0" + bytes(200)


class Contract:
    def __init__(self, name: str) -> None:
        if not (SPECS / name).is_file():
            pytest.skip(f"The official contract {SPECS / name} is not on this machine.")
        self.document = read_official(name, "")

    def check(self, reply: httpx.Response, path: str) -> None:
        body = reply.json() if reply.content else None
        answer = Reply(reply.status_code, body=body, text=reply.text)
        assert list(self.document.reply_errors(Request(reply.request.method, path), answer)) == []


def test_ebay_inventory_answers_fit(ebay: Any) -> None:
    contract = Contract("ebay/sell_inventory_v1_oas3.json")

    def check(method: str, path: str, **more: Any) -> httpx.Response:
        reply = ebay.inventory(method, path, **more)
        contract.check(reply, path.partition("?")[0])
        return reply

    check("GET", "/inventory_item/sf7p1")
    check("PUT", "/inventory_item/sf-7", json=ebay.item())
    check("PUT", "/inventory_item/sf7p1", json=ebay.item(title="x" * 81))
    check("PUT", "/inventory_item/sf7p1", json=ebay.item())
    check("GET", "/inventory_item/sf7p1")
    check("GET", "/inventory_item?limit=10")
    check("GET", "/offer?sku=sf7p1")
    check("POST", "/offer", json=ebay.offer("sf7p9"))
    offer = check("POST", "/offer", json=ebay.offer("sf7p1", categoryId="robes")).json()["offerId"]
    check("POST", "/offer", json=ebay.offer("sf7p1"))
    check("POST", f"/offer/{offer}/publish")
    check("PUT", f"/offer/{offer}", json=ebay.offer("sf7p1"))
    check("POST", f"/offer/{offer}/publish")
    check("GET", f"/offer/{offer}")
    check("GET", "/offer?sku=sf7p1")
    check("POST", f"/offer/{offer}/withdraw")
    check("POST", f"/offer/{offer}/withdraw")
    check("DELETE", f"/offer/{offer}")
    check("DELETE", f"/offer/{offer}")
    check("DELETE", "/inventory_item/sf7p1")
    check("DELETE", "/inventory_item/sf7p1")
    check("GET", "/location")
    check("GET", "/location/HOME")
    check("GET", "/location/ELSEWHERE")
    place = {"location": {"address": {"country": "FR", "postalCode": "69001"}}, "locationTypes": ["STORE"]}
    check("POST", "/location/SHOP", json=place)
    check("POST", "/location/SHOP", json=place)


def test_ebay_fulfillment_answers_fit(ebay: Any) -> None:
    contract = Contract("ebay/sell_fulfillment_v1_oas3.json")
    base = "/sell/fulfillment/v1"
    listing = ebay.publish(quantity=4)
    for state in ("paid", "unpaid", "shipped", "cancelled"):
        ebay.sell(listing, state=state)
    page = ebay.orders(limit="2", offset="1")
    contract.check(page, "/order")
    order = f"/order/{page.json()['orders'][0]['orderId']}"
    contract.check(ebay.call("GET", f"{base}{order}"), order)
    contract.check(ebay.call("GET", f"{base}/order/none"), "/order/none")
    for wrong in ({"limit": "201"}, {"offset": "x"}, {"filter": "x:[]"}, {"filter": "creationdate:[..]"}):
        contract.check(ebay.orders(**wrong), "/order")


def test_ebay_media_answers_fit(ebay: Any) -> None:
    contract = Contract("ebay/commerce_media_v1_beta_oas3.json")
    base = "/commerce/media/v1_beta"
    for content in (JPEG, b"no picture" * 50):
        reply = ebay.call("POST", f"{base}/image/create_image_from_file", files={"image": ("a.jpg", content)})
        contract.check(reply, "/image/create_image_from_file")
    linked = ebay.call("POST", f"{base}/image/create_image_from_url", json={"imageUrl": "https://example.org/a.jpg"})
    contract.check(linked, "/image/create_image_from_url")
    shown = linked.headers["location"].removeprefix(base)
    contract.check(ebay.call("GET", linked.headers["location"]), shown)
    contract.check(ebay.call("GET", f"{base}/image/none"), "/image/none")


@pytest.mark.parametrize("kind", ["fulfillment_policy", "payment_policy", "return_policy"])
def test_ebay_account_answers_fit(ebay: Any, kind: str) -> None:
    contract = Contract("ebay/sell_account_v1_oas3.json")
    for site in ("EBAY_FR", "EBAY_MARS"):
        contract.check(ebay.call("GET", f"/sell/account/v1/{kind}?marketplace_id={site}"), f"/{kind}")


def test_etsy_answers_fit(etsy: Any) -> None:
    contract = Contract("etsy/openapi_v3_2026-07.json")

    def check(method: str, path: str, **more: Any) -> httpx.Response:
        reply = etsy.call(method, path, **more)
        contract.check(reply, f"/v3/application{path.partition('?')[0]}")
        return reply

    shop = etsy.shop
    listing = check("POST", f"{shop}/listings", data=etsy.form()).json()["listing_id"]
    check("POST", f"{shop}/listings", data={})
    check("PATCH", f"{shop}/listings/{listing}", data={"state": "active"})
    image = check("POST", f"{shop}/listings/{listing}/images", files={"image": ("a.jpg", JPEG)}, data={"rank": "1"})
    check("POST", f"{shop}/listings/{listing}/images", files={"image": ("a.jpg", b"no")})
    check("GET", f"/listings/{listing}/inventory")
    check("PUT", f"/listings/{listing}/inventory", json=etsy.inventory())
    check("PUT", f"/listings/{listing}/inventory", json={})
    check("GET", f"/listings/{listing}/inventory")
    check("GET", f"/listings/{listing}/images")
    check("GET", f"/listings/{listing}/images/{image.json()['listing_image_id']}")
    check("PATCH", f"{shop}/listings/{listing}", data={"state": "active", "title": "Robe"})
    check("GET", f"/listings/{listing}?includes=Images")
    check("GET", f"/listings/{listing}?includes=Inventory")
    for batch in ("/listings/batch", "/listings/batch/inventory"):
        for ids in (f"{listing}", f"{listing},1", "robe", ""):
            check("GET", f"{batch}?listing_ids={ids}")
    check("GET", f"{shop}/listings?state=active")
    check("GET", "/users/me")
    for path in ("", "/shipping-profiles", "/policies/return", "/readiness-state-definitions"):
        check("GET", f"{shop}{path}")
    check("DELETE", f"{shop}/listings/{listing}/images/{image.json()['listing_image_id']}")
    check("DELETE", f"/listings/{listing}")
    check("GET", f"/listings/{listing}")
    check("GET", "/users/me", headers={"authorization": "Bearer 1.x"})


def test_etsy_taxonomy_answers_fit(http: httpx.Client) -> None:
    contract = Contract("etsy/openapi_v3_2026-07.json")
    nodes = "/v3/application/seller-taxonomy/nodes"

    def check(path: str, status: int, key: str = "stoflow-sandbox:stoflow-sandbox-secret") -> None:
        reply = http.get(f"/etsy{path}", headers={"x-api-key": key})
        assert reply.status_code == status
        contract.check(reply, path)

    for path, status in (("", 200), ("/505/properties", 200), ("/77/properties", 404), ("/robes/properties", 400)):
        check(f"{nodes}{path}", status)
    for key, status in (("", 401), ("stoflow-sandbox", 403), ("stoflow-sandbox:wrong", 403)):
        check(nodes, status, key)


def test_ebay_taxonomy_answers_fit(ebay: Any) -> None:
    contract = Contract("ebay/commerce_taxonomy_v1_oas3.json")
    application = {"authorization": "Bearer v^1.1#application"}

    def check(path: str, status: int, headers: dict[str, str] | None = None) -> None:
        reply = ebay.call("GET", f"/commerce/taxonomy/v1{path}", headers=headers or application)
        assert reply.status_code == status
        contract.check(reply, path.partition("?")[0])

    for path, status in (("?marketplace_id=EBAY_FR", 200), ("?marketplace_id=EBAY_MARS", 400), ("", 400)):
        check(f"/get_default_category_tree_id{path}", status)
    for tree, query, status in (
        ("71", "?category_id=63861", 200),
        ("0", "?category_id=15687", 200),
        ("71", "", 400),
        ("71", "?category_id=0", 400),
        ("71", "?category_id=11450", 400),
        ("71", "?category_id=robes", 400),
        ("9", "?category_id=63861", 400),
    ):
        check(f"/category_tree/{tree}/get_item_aspects_for_category{query}", status)
    path = "/commerce/taxonomy/v1/get_default_category_tree_id?marketplace_id=EBAY_FR"
    assert ebay.call("GET", path).status_code == 401  # a seller's token is not the application's


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 5),
        ("?api_context=sell", 3),
        ("?api_context=sell&api_name=Inventory", 1),
        ("?api_name=browse", 0),
    ],
)
def test_ebay_analytics_answers_fit(ebay: Any, query: str, shown: int) -> None:
    contract = Contract("ebay/developer_analytics_v1_beta_oas3.json")
    base = "/developer/analytics/v1_beta"
    application = {"authorization": "Bearer v^1.1#application"}
    told = ebay.call("GET", f"{base}/rate_limit/{query}", headers=application)
    contract.check(told, "/rate_limit/")
    assert len(told.json()["rateLimits"] if shown else told.content) == shown
    contract.check(ebay.call("GET", f"{base}/user_rate_limit/{query}"), "/user_rate_limit/")
    contract.check(ebay.call("GET", f"{base}/rate_limit/"), "/rate_limit/")  # a seller's token is not the application's
