"""Buyers, and sellers in a marketplace's own pages, act behind StoFlow's back; the ledger remembers that they did."""

from typing import Any

import pytest


def test_a_sale_takes_off_sale_and_is_in_the_ledger_without_an_attempt(ebay: Any) -> None:
    listing = ebay.publish(quantity=3)
    sold = ebay.behave("sell", listing_id=listing, quantity=2)
    assert sold.status_code == 200
    assert ebay.shown()["availableQuantity"] == 1
    listed = ebay.shown()["listing"]
    assert (listed["listingStatus"], listed["soldQuantity"]) == ("ACTIVE", 2)
    entry = next(entry for entry in ebay.ledger() if entry["operation"] == "behind.sell")
    assert entry == sold.json()
    assert (entry["marketplace"], entry["tenant"], entry["sku"], entry["state"]) == ("ebay", 7, "sf7p1", "ACTIVE")
    assert entry["committed_at"] is not None
    assert entry["attempt"] == entry["token"] == ""


def test_what_is_sold_out_is_out_of_stock_until_there_is_more(ebay: Any) -> None:
    listing = ebay.publish()
    assert ebay.behave("sell", listing_id=listing).json()["state"] == "OUT_OF_STOCK"
    shown = ebay.shown()
    assert (shown["status"], shown["listing"]["listingStatus"]) == ("PUBLISHED", "OUT_OF_STOCK")
    item = ebay.inventory("GET", "/inventory_item/sf7p1").json()
    assert item["availability"]["shipToLocationAvailability"]["quantity"] == 0
    ebay.inventory("PUT", "/inventory_item/sf7p1", json=ebay.item())
    ebay.inventory("PUT", f"/offer/{shown['offerId']}", json=ebay.offer("sf7p1"))
    assert ebay.shown()["listing"] == {**shown["listing"], "listingStatus": "ACTIVE"}


def test_an_edit_changes_the_title_or_the_price(ebay: Any) -> None:
    listing = ebay.publish()
    assert ebay.behave("edit", listing_id=listing, title="Robe verte", price="19.00").json()["title"] == "Robe verte"
    assert ebay.inventory("GET", "/inventory_item/sf7p1").json()["product"]["title"] == "Robe verte"
    assert ebay.shown()["pricingSummary"]["price"]["value"] == "19.00"


def test_an_ended_listing_leaves_its_offer_unpublished(ebay: Any) -> None:
    listing = ebay.publish()
    entry = ebay.behave("delete", listing_id=listing).json()
    assert (entry["listing_id"], entry["state"]) == (listing, "ENDED")
    assert ebay.shown()["status"] == "UNPUBLISHED"
    assert "listing" not in ebay.shown()


@pytest.mark.parametrize("status", ["ENDED", "EBAY_ENDED"])
def test_an_ended_listing_may_stay_with_its_published_offer_until_it_is_published_anew(ebay: Any, status: str) -> None:
    listing = ebay.publish()
    ebay.behave("delete", listing_id=listing, status=status)
    shown = ebay.shown()
    assert (shown["status"], shown["listing"]["listingStatus"]) == ("PUBLISHED", status)
    again = ebay.inventory("POST", f"/offer/{shown['offerId']}/publish").json()["listingId"]
    assert again != listing
    assert ebay.shown()["listing"]["listingStatus"] == "ACTIVE"


@pytest.mark.parametrize(
    ("act", "wishes", "said"),
    [
        ("steal", {}, "`act` is one of sell, edit, delete."),
        ("sell", {"listing_id": "1"}, "no listing 1"),
        ("sell", {"quantity": 2}, "A buyer can have 1 to 1"),
        ("sell", {"quantity": "one"}, "A buyer can have 1 to 1"),
        ("sell", {"state": "stolen"}, "An order is paid, unpaid, shipped, cancelled."),
        ("sell", {"days_ago": -1}, "An order is a number of days old."),
        ("edit", {}, "An edit changes the title or the price."),
        ("edit", {"price": "cheap"}, "A price is an amount"),
        ("delete", {"status": "BURNT"}, "An ended listing leaves its offer"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_leaves_no_trace(
    ebay: Any, act: str, wishes: dict[str, Any], said: str
) -> None:
    listing = ebay.publish()
    refused = ebay.behave(act, **{"listing_id": listing, **wishes})
    assert refused.status_code == 422
    assert said in refused.json()["detail"]
    assert not any(entry["operation"].startswith("behind.") for entry in ebay.ledger())


def test_nobody_acts_for_a_seller_who_was_never_made(ebay: Any) -> None:
    ebay.made["external_id"] = "ebay-1"
    assert ebay.behave("sell", listing_id="1").status_code == 404


def test_a_marketplace_may_have_acts_of_its_own(vinted: Any) -> None:
    draft, body = vinted.make_draft()
    vinted.complete(draft, body)
    assert vinted.behave("write", listing_id=draft, text="Bonjour").status_code == 200
    assert vinted.ledger()[-1]["operation"] == "behind.write"
