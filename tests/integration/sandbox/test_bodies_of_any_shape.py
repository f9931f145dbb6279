"""Whatever a client sends, the marketplace answers for itself: never with a server error."""

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("aé0 €", max_size=8)
)
JSON = st.recursive(SCALARS, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text("ab", max_size=5), part))
SHORT = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def spoilt(draw: st.DataObject, body: Any) -> Any:
    """Return the body with one part, at any depth, replaced by any JSON."""
    whole = copy.deepcopy(body)
    part = whole
    while True:
        places = list(part) if isinstance(part, dict) else list(range(len(part)))
        place = draw.draw(st.sampled_from(places))
        deeper = isinstance(part[place], dict | list) and part[place]
        if not deeper or draw.draw(st.booleans()):
            part[place] = draw.draw(JSON)
            return whole
        part = part[place]


@SHORT
@given(draw=st.data())
def test_ebay_items_and_offers(ebay: Any, draw: st.DataObject) -> None:
    sku = "sf7p1"
    assert ebay.inventory("PUT", f"/inventory_item/{sku}", json=spoilt(draw, ebay.item())).status_code < 500
    assert ebay.inventory("PUT", f"/inventory_item/{sku}", json=ebay.item()).status_code == 204
    made = ebay.inventory("POST", "/offer", json=spoilt(draw, ebay.offer(sku)))
    assert made.status_code < 500
    if made.status_code == 201:
        offer = made.json()["offerId"]
        assert ebay.inventory("PUT", f"/offer/{offer}", json=spoilt(draw, ebay.offer(sku))).status_code < 500
        assert ebay.inventory("POST", f"/offer/{offer}/publish").status_code < 500
        assert ebay.inventory("DELETE", f"/offer/{offer}").status_code == 204


@SHORT
@given(draw=st.data())
def test_etsy_listings_and_inventories(etsy: Any, draw: st.DataObject) -> None:
    form = {**etsy.form(), draw.draw(st.sampled_from(sorted(etsy.form()))): draw.draw(st.text("aé0 €%&", max_size=20))}
    made = etsy.call("POST", f"{etsy.shop}/listings", data=form)
    assert made.status_code < 500
    if made.status_code == 201:
        listing = made.json()["listing_id"]
        inventory = spoilt(draw, etsy.inventory())
        assert etsy.call("PUT", f"/listings/{listing}/inventory", json=inventory).status_code < 500
        assert etsy.call("GET", f"{etsy.shop}/listings?state=draft&includes=Inventory").status_code == 200


@SHORT
@given(draw=st.data())
def test_vinted_drafts_and_items(vinted: Any, draw: st.DataObject) -> None:
    photo = vinted.add_photo().json()["id"]
    body = {"draft": spoilt(draw, vinted.draft(photo))}
    made = vinted.call("POST", "/item_upload/drafts", json=body)
    assert made.status_code < 500
    if made.status_code == 200:
        draft = made.json()["draft"]["id"]
        assert vinted.call("GET", f"/item_upload/items/{draft}").status_code == 200
        assert vinted.complete(draft, spoilt(draw, vinted.draft(photo))).status_code < 500
        user = vinted.settings["user_id"]
        assert vinted.call("GET", f"/wardrobe/{user}/items").status_code == 200


def test_a_draft_whose_attribute_has_an_object_for_its_ids_is_shown(vinted: Any) -> None:
    spoiled = {
        **vinted.draft(vinted.add_photo().json()["id"]),
        "item_attributes": [{"code": "size", "ids": {"": None}}],
    }
    draft = vinted.call("POST", "/item_upload/drafts", json={"draft": spoiled}).json()["draft"]["id"]
    assert vinted.call("GET", f"/item_upload/items/{draft}").status_code == 200
