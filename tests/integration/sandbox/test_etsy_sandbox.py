"""The simulated Etsy answers as Etsy does, also to a client that breaks the contract."""

from typing import Any

import pytest


def test_a_draft_gets_pictures_and_a_sku_and_becomes_visible(etsy: Any) -> None:
    listing = etsy.make_draft()
    assert etsy.add_image(listing, rank="1").status_code == 201
    assert etsy.call("PUT", f"/listings/{listing}/inventory", json=etsy.inventory()).status_code == 200

    form = {"state": "active", "description": "Une robe."}
    active = etsy.call("PATCH", f"{etsy.shop}/listings/{listing}", data=form)

    assert (active.status_code, active.json()["state"]) == (200, "active")
    assert active.json()["price"] == {"amount": 2500, "divisor": 100, "currency_code": "EUR"}
    assert "x-remaining-today" in active.headers
    entry = etsy.ledger()[-1]
    expected = ("listing.activate", "sf7p1", "marker-0123456789", str(listing), "active", 7)
    assert tuple(entry[name] for name in ("operation", "sku", "marker", "listing_id", "state", "tenant")) == expected


def test_drafts_are_listed_newest_first_and_never_among_the_active(etsy: Any) -> None:
    first, second = etsy.make_draft(), etsy.make_draft()
    drafts = etsy.call("GET", f"{etsy.shop}/listings?state=draft").json()
    assert (drafts["count"], [listing["listing_id"] for listing in drafts["results"]]) == (2, [second, first])
    assert etsy.call("GET", f"{etsy.shop}/listings").json() == {"count": 0, "results": []}
    page = etsy.call("GET", f"{etsy.shop}/listings?state=draft&limit=1&offset=1").json()
    assert [listing["listing_id"] for listing in page["results"]] == [first]


def test_a_listing_without_a_picture_cannot_be_active(etsy: Any) -> None:
    listing = etsy.make_draft()
    refused = etsy.call("PATCH", f"{etsy.shop}/listings/{listing}", data={"state": "active"})
    assert (refused.status_code, refused.json().keys()) == (400, {"error"})


def test_bad_characters_in_a_title_come_back_as_a_bare_list(etsy: Any) -> None:
    refused = etsy.call("POST", f"{etsy.shop}/listings", data=etsy.form(title="Robe \x07 rouge"))
    assert refused.status_code == 400
    assert refused.json() == [
        {"path": "/title/5", "type": "invalid_characters", "message": "contains invalid characters"}
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "a & b & c"},
        {"title": "x" * 141},
        {"price": "cheap"},
        {"price": "0.10"},
        {"quantity": "0"},
        {"who_made": "me"},
        {"when_made": "2020_2025"},
        {"taxonomy_id": "robes"},
        {"shipping_profile_id": "1"},
        {"tags": ",".join(f"tag{number}" for number in range(14))},
    ],
)
def test_a_field_outside_the_contract_is_refused(etsy: Any, wrong: dict[str, str]) -> None:
    assert etsy.call("POST", f"{etsy.shop}/listings", data=etsy.form(**wrong)).status_code == 400


@pytest.mark.parametrize("missing", ["title", "price", "who_made", "taxonomy_id", "shipping_profile_id"])
def test_a_required_field_is_missed(etsy: Any, missing: str) -> None:
    form = etsy.form()
    form.pop(missing)
    assert etsy.call("POST", f"{etsy.shop}/listings", data=form).status_code == 400


def test_listings_are_sent_as_forms_and_inventory_as_json(etsy: Any) -> None:
    assert etsy.call("POST", f"{etsy.shop}/listings", json=etsy.form()).status_code == 400
    listing = etsy.make_draft()
    assert etsy.call("PUT", f"/listings/{listing}/inventory", data={"products": "[]"}).status_code == 400


def test_an_inventory_copied_from_a_get_is_refused_until_it_is_cleaned(etsy: Any) -> None:
    listing = etsy.make_draft()
    etsy.call("PUT", f"/listings/{listing}/inventory", json=etsy.inventory())
    shown = etsy.call("GET", f"/listings/{listing}/inventory").json()
    assert shown["products"][0]["offerings"][0]["price"]["amount"] == 2500
    assert etsy.call("PUT", f"/listings/{listing}/inventory", json=shown).status_code == 400


def test_an_offering_needs_its_processing_profile(etsy: Any) -> None:
    listing = etsy.make_draft()
    body = etsy.inventory()
    del body["products"][0]["offerings"][0]["readiness_state_id"]
    assert etsy.call("PUT", f"/listings/{listing}/inventory", json=body).status_code == 400


def test_an_image_with_overwrite_replaces_its_rank(etsy: Any) -> None:
    listing = etsy.make_draft()
    etsy.add_image(listing, rank="1")
    etsy.add_image(listing, rank="1", overwrite="true")
    etsy.add_image(listing, rank="1")
    images = etsy.call("GET", f"/listings/{listing}/images").json()
    assert images["count"] == 2


def test_a_deleted_listing_is_gone(etsy: Any) -> None:
    listing = etsy.make_draft()
    assert etsy.call("DELETE", f"/listings/{listing}").status_code == 204
    assert etsy.call("DELETE", f"/listings/{listing}").status_code == 404
    assert etsy.call("GET", f"/listings/{listing}").status_code == 404


@pytest.mark.parametrize(("key", "status"), [("", 401), ("stoflow-sandbox", 403), ("stoflow-sandbox:wrong", 403)])
def test_the_key_goes_with_its_secret(etsy: Any, key: str, status: int) -> None:
    assert etsy.call("GET", "/users/me", headers={"x-api-key": key}).status_code == status


def test_an_unknown_bearer_is_an_invalid_token(etsy: Any) -> None:
    refused = etsy.call("GET", "/users/me", headers={"authorization": "Bearer 1.x"})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


def test_the_token_names_its_user(etsy: Any) -> None:
    me = etsy.call("GET", "/users/me").json()
    assert me == {"user_id": int(etsy.made["access_token"].partition(".")[0]), "shop_id": etsy.settings["shop_id"]}


def test_another_sellers_shop_is_closed(etsy: Any) -> None:
    stranger = type(etsy)(etsy.http, tenant=8)
    assert stranger.call("GET", f"{etsy.shop}/listings").status_code == 403


def test_a_refresh_token_is_good_once(etsy: Any) -> None:
    form = {"grant_type": "refresh_token", "client_id": "stoflow-sandbox", "refresh_token": etsy.made["refresh_token"]}
    token = "/etsy/v3/public/oauth/token"

    first = etsy.http.post(token, data=form)

    assert (first.status_code, first.json()["expires_in"], first.json()["token_type"]) == (200, 3600, "Bearer")
    second = etsy.http.post(token, data=form)
    assert second.status_code == 400
    assert second.json() == {"error": "invalid_grant", "error_description": "refresh_token is revoked"}
    form["refresh_token"] = first.json()["refresh_token"]
    assert etsy.http.post(token, json=form).status_code == 200
