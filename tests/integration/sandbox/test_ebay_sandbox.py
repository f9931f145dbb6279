"""The simulated eBay answers as eBay does, also to a client that breaks the contract."""

import base64
from typing import Any

import httpx
import pytest

JPEG = b"\xff\xd8\xff\xe0" + bytes(200)
BASIC = {"authorization": "Basic " + base64.b64encode(b"stoflow-sandbox:stoflow-sandbox-secret").decode()}


def error_of(reply: httpx.Response) -> tuple[int, int]:
    return reply.status_code, reply.json()["errors"][0]["errorId"]


def test_an_item_becomes_an_offer_becomes_a_listing(ebay: Any) -> None:
    offer = ebay.make_offer()
    assert ebay.inventory("GET", f"/offer/{offer}").json()["status"] == "UNPUBLISHED"

    published = ebay.inventory("POST", f"/offer/{offer}/publish")

    assert published.status_code == 200
    shown = ebay.inventory("GET", "/offer?sku=sf7p1").json()["offers"][0]
    assert shown["listing"] == {
        "listingId": published.json()["listingId"],
        "listingStatus": "ACTIVE",
        "soldQuantity": 0,
        "listingOnHold": False,
    }
    entry = ebay.ledger()[-2]
    assert (entry["operation"], entry["sku"], entry["tenant"]) == ("offer.publish", "sf7p1", 7)
    assert entry["state"] == "PUBLISHED"
    assert entry["time"] <= entry["committed_at"] <= entry["answered_at"]


def test_a_second_offer_for_the_same_sku_names_the_first(ebay: Any) -> None:
    offer = ebay.make_offer()

    second = ebay.inventory("POST", "/offer", json=ebay.offer("sf7p1"))

    assert error_of(second) == (400, 25002)
    error = second.json()["errors"][0]
    assert error["message"] == "Offer entity already exists"
    assert error["parameters"] == [{"name": "offerId", "value": offer}]


def test_a_sku_without_an_offer_is_a_404_and_not_an_empty_list(ebay: Any) -> None:
    assert error_of(ebay.inventory("GET", "/offer?sku=sf7p9")) == (404, 25713)
    assert error_of(ebay.inventory("GET", "/inventory_item/sf7p9")) == (404, 25710)


def test_writes_must_name_their_language(ebay: Any) -> None:
    ebay.headers.pop("content-language")
    assert error_of(ebay.inventory("PUT", "/inventory_item/sf7p1", json=ebay.item())) == (400, 25709)
    assert error_of(ebay.inventory("POST", "/offer", json=ebay.offer("sf7p1"))) == (400, 25709)


@pytest.mark.parametrize(
    ("product", "error_id"),
    [
        ({"title": "x" * 81}, 25709),
        ({"description": "x" * 4001}, 25709),
        ({"aspects": "Marque"}, 2004),
        ({"aspects": {"Marque": "Sézane"}}, 2004),
        ({"aspects": {"Marque": ["x" * 51]}}, 25709),
        ({"imageUrls": ["http://example.org/a.jpg"]}, 25709),
        ({"imageUrls": ["https://example.org/a.jpg"] * 25}, 25709),
    ],
)
def test_an_item_outside_the_limits_is_refused(ebay: Any, product: dict[str, Any], error_id: int) -> None:
    assert error_of(ebay.inventory("PUT", "/inventory_item/sf7p1", json=ebay.item(**product))) == (400, error_id)


@pytest.mark.parametrize("sku", ["sf-7-1", "é7", "x" * 51])
def test_a_sku_is_alphanumeric_and_short(ebay: Any, sku: str) -> None:
    assert error_of(ebay.inventory("PUT", f"/inventory_item/{sku}", json=ebay.item())) == (400, 25707)


def test_an_unknown_condition_is_refused(ebay: Any) -> None:
    body = {**ebay.item(), "condition": "WORN"}
    assert error_of(ebay.inventory("PUT", "/inventory_item/sf7p1", json=body)) == (400, 2004)


@pytest.mark.parametrize(
    ("missing", "error_id"),
    [
        ({"merchantLocationKey": "NOWHERE"}, 25012),
        ({"categoryId": "robes"}, 25005),
        ({"listingPolicies": {}}, 25007),
        ({"pricingSummary": {}}, 25003),
        ({"pricingSummary": {"price": {"value": "25.00", "currency": "USD"}}}, 25003),
        ({"listingDuration": "DAYS_7"}, 25016),
    ],
)
def test_what_an_offer_lacks_is_missed_when_it_is_published(ebay: Any, missing: dict[str, Any], error_id: int) -> None:
    offer = ebay.make_offer(**missing)
    assert error_of(ebay.inventory("POST", f"/offer/{offer}/publish")) == (400, error_id)


def test_money_goes_as_text(ebay: Any) -> None:
    assert ebay.inventory("PUT", "/inventory_item/sf7p1", json=ebay.item()).status_code == 204
    body = ebay.offer("sf7p1", pricingSummary={"price": {"value": 25.0, "currency": "EUR"}})
    assert error_of(ebay.inventory("POST", "/offer", json=body)) == (400, 2004)


def test_an_offer_needs_an_item(ebay: Any) -> None:
    assert error_of(ebay.inventory("POST", "/offer", json=ebay.offer("sf7p1"))) == (400, 25702)


def test_withdrawing_ends_the_listing_and_keeps_the_offer(ebay: Any) -> None:
    offer = ebay.make_offer()
    listing = ebay.inventory("POST", f"/offer/{offer}/publish").json()["listingId"]

    assert ebay.inventory("POST", f"/offer/{offer}/withdraw").json() == {"listingId": listing}
    assert ebay.inventory("GET", f"/offer/{offer}").json()["status"] == "UNPUBLISHED"
    assert error_of(ebay.inventory("POST", f"/offer/{offer}/withdraw")) == (400, 25713)


def test_deleting_the_item_ends_everything(ebay: Any) -> None:
    offer = ebay.make_offer()
    ebay.inventory("POST", f"/offer/{offer}/publish")

    assert ebay.inventory("DELETE", "/inventory_item/sf7p1").status_code == 204
    assert error_of(ebay.inventory("GET", f"/offer/{offer}")) == (404, 25713)
    assert error_of(ebay.inventory("DELETE", "/inventory_item/sf7p1")) == (404, 25710)


def test_the_three_wrong_tokens_have_three_errors(ebay: Any) -> None:
    path = "/ebay/sell/inventory/v1/offer?sku=a"
    assert error_of(ebay.http.get(path)) == (400, 1002)
    assert error_of(ebay.http.get(path, headers={"authorization": "Token x"})) == (400, 1003)
    assert error_of(ebay.http.get(path, headers={"authorization": "Bearer x"})) == (401, 1001)


def test_another_sellers_offer_does_not_exist(ebay: Any) -> None:
    offer = ebay.make_offer()
    stranger = type(ebay)(ebay.http, tenant=8)
    assert error_of(stranger.inventory("GET", f"/offer/{offer}")) == (404, 25713)


def test_a_refresh_gives_an_access_token_and_keeps_the_refresh_token(ebay: Any) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": ebay.made["refresh_token"]}
    first, second = (ebay.http.post("/ebay/identity/v1/oauth2/token", data=form, headers=BASIC) for _ in range(2))
    for reply in (first, second):
        assert reply.status_code == 200
        assert reply.json().keys() == {"access_token", "expires_in", "token_type"}
        assert (reply.json()["expires_in"], reply.json()["token_type"]) == (7200, "User Access Token")
    ebay.headers["authorization"] = f"Bearer {second.json()['access_token']}"
    assert ebay.inventory("GET", "/location").status_code == 200


def test_a_refresh_of_a_stranger_is_refused(ebay: Any) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "unknown"}
    token = "/ebay/identity/v1/oauth2/token"
    assert ebay.http.post(token, data=form, headers=BASIC).json()["error"] == "invalid_grant"
    wrong = {"authorization": "Basic " + base64.b64encode(b"a:b").decode()}
    assert ebay.http.post(token, data=form, headers=wrong).status_code == 401


def test_a_picture_is_kept_only_when_it_is_one(ebay: Any) -> None:
    path = "/commerce/media/v1_beta/image/create_image_from_file"
    kept = ebay.call("POST", path, files={"image": ("a.jpg", JPEG, "image/jpeg")})
    assert kept.status_code == 201
    assert kept.json()["imageUrl"].startswith("https://")
    assert ebay.call("GET", kept.headers["location"]).json() == kept.json()
    refused = ebay.call("POST", path, files={"image": ("a.jpg", b"not a picture" * 50, "image/jpeg")})
    assert error_of(refused) == (400, 190203)


def test_policies_are_listed_for_one_site(ebay: Any) -> None:
    reply = ebay.call("GET", "/sell/account/v1/return_policy?marketplace_id=EBAY_FR").json()
    assert [policy["returnPolicyId"] for policy in reply["returnPolicies"]] == [ebay.settings["return_policy_id"]]
    assert error_of(ebay.call("GET", "/sell/account/v1/return_policy")) == (400, 20403)


def test_an_unknown_path_is_not_resolved(ebay: Any) -> None:
    assert error_of(ebay.call("GET", "/sell/nothing/v1")) == (404, 2002)
