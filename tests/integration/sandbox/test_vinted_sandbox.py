"""The simulated Vinted answers as the site does to its own pages."""

from typing import Any

import pytest


def test_a_draft_is_completed_and_keeps_its_id(vinted: Any) -> None:
    draft, body = vinted.make_draft()

    done = vinted.complete(draft, body)

    assert (done.status_code, done.json()["item"]["id"], done.json()["item"]["is_draft"]) == (200, draft, False)
    assert done.json()["item"]["price"] == {"amount": "25.00", "currency_code": "EUR"}
    assert (done.json()["item"]["status_id"], done.json()["item"]["color1_id"]) == (2, 7)
    entry = vinted.ledger()[-1]
    expected = ("draft.complete", "marker-0123456789", str(draft), "active", "Robe rouge")
    assert tuple(entry[name] for name in ("operation", "marker", "listing_id", "state", "title")) == expected
    assert vinted.complete(draft, body).status_code == 404


def test_the_owner_sees_drafts_in_the_wardrobe_newest_first(vinted: Any) -> None:
    first, body = vinted.make_draft()
    second, _ = vinted.make_draft()
    vinted.complete(first, body)

    shown = vinted.call("GET", f"/wardrobe/{vinted.settings['user_id']}/items?page=1&per_page=20&order=newest_first")

    seen = [(item["id"], item["is_draft"]) for item in shown.json()["items"]]
    assert seen == [(second, True), (first, False)]
    assert "description" not in shown.json()["items"][0]
    assert shown.json()["pagination"]["total_entries"] == 2


def test_the_draft_shows_its_marker_only_to_who_edits_it(vinted: Any) -> None:
    draft, _ = vinted.make_draft()
    assert vinted.call("GET", f"/item_upload/items/{draft}").json()["item"]["description"] == "marker-0123456789"
    stranger = type(vinted)(vinted.http, tenant=8)
    assert stranger.call("GET", f"/item_upload/items/{draft}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": "x"}, "title"),
        ({"description": ""}, "description"),
        ({"price": "25"}, "price"),
        ({"price": 0}, "price"),
        ({"catalog_id": None}, "category"),
        ({"package_size_id": None}, "package_size"),
        ({"item_attributes": []}, "condition"),
        ({"color_ids": [1, 2, 3]}, "color"),
        ({"assigned_photos": []}, "photos"),
        ({"currency": "USD"}, "currency"),
    ],
)
def test_a_completion_names_every_wrong_field(vinted: Any, wrong: dict[str, Any], field: str) -> None:
    draft, body = vinted.make_draft()
    refused = vinted.complete(draft, body, **wrong)
    assert (refused.status_code, refused.json()["code"]) == (400, 99)
    assert [error["field"] for error in refused.json()["errors"]] == [field]


def test_a_photo_must_be_a_picture_with_a_uuid(vinted: Any) -> None:
    refused = vinted.add_photo(**{"photo[temp_uuid]": "1"})
    assert refused.json()["errors"] == [{"field": "temp_uuid", "value": "Temp uuid is not valid"}]


def test_the_photos_of_another_member_cannot_be_used(vinted: Any) -> None:
    photo = vinted.add_photo().json()["id"]
    stranger = type(vinted)(vinted.http, tenant=8)
    body = {"draft": stranger.draft(photo), "parcel": None, "upload_session_id": "x"}
    assert stranger.call("POST", "/item_upload/drafts", json=body).status_code == 400


def test_a_write_needs_the_csrf_token_of_the_page(vinted: Any) -> None:
    refused = vinted.call("POST", "/item_upload/drafts", json={"draft": {}}, headers={"x-csrf-token": "stale"})
    assert (refused.status_code, refused.json()["code"]) == (403, 106)
    page = vinted.http.get("/vinted/items/new", headers={"cookie": vinted.cookie}).text
    assert f'"CSRF_TOKEN":"{vinted.csrf["x-csrf-token"]}"' in page


def test_who_is_signed_out_is_told_so(vinted: Any) -> None:
    assert vinted.call("GET", "/users/current").json()["user"]["id"] == vinted.settings["user_id"]
    assert vinted.call("GET", "/users/current", headers={"cookie": ""}).status_code == 401


def test_an_ended_session_is_refreshed_by_the_page(vinted: Any) -> None:
    vinted.script("user.get", "expired")
    assert vinted.call("GET", "/users/current").status_code == 401
    refreshed = vinted.http.post("/vinted/web/api/auth/refresh", headers={"cookie": vinted.cookie})
    cookie = refreshed.headers["set-cookie"].partition(";")[0]
    assert vinted.call("GET", "/users/current", headers={"cookie": cookie}).status_code == 200


def test_a_deleted_draft_is_gone_and_an_item_is_no_draft(vinted: Any) -> None:
    draft, body = vinted.make_draft()
    other, _ = vinted.make_draft()
    vinted.complete(draft, body)
    assert vinted.call("DELETE", f"/item_upload/drafts/{draft}").status_code == 404
    assert vinted.call("DELETE", f"/item_upload/drafts/{other}").status_code == 200
    assert vinted.call("DELETE", f"/item_upload/drafts/{other}").status_code == 404
    assert vinted.call("POST", f"/items/{draft}/delete").status_code == 200
    assert vinted.call("POST", f"/items/{draft}/delete").status_code == 404


def test_an_item_can_be_made_visible_without_a_draft(vinted: Any) -> None:
    body = vinted.draft(vinted.add_photo().json()["id"], description="Une robe rouge.")
    made = vinted.call("POST", "/item_upload/items", json={"item": body})
    assert made.json()["item"]["is_draft"] is False
    assert vinted.ledger()[-1]["operation"] == "item.create"


def test_a_captcha_and_a_page_come_by_script(vinted: Any) -> None:
    vinted.script("user.get", "datadome")
    vinted.script("user.get", "not_json")
    captcha = vinted.call("GET", "/users/current")
    assert captcha.status_code == 403
    assert "captcha-delivery" in captcha.json()["url"]
    page = vinted.call("GET", "/users/current")
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
