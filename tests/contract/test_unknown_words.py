"""A word of a marketplace's that StoFlow does not know yet is kept as it is, and never fails a read."""

from typing import Any

import pytest

from stoflow.domain.account import Account
from stoflow.domain.call import Answer, Call, Command, Reply, Request, Response
from stoflow.domain.observed import ListingState, OrderState
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import BUILT_IN
from stoflow.testing.acting import Site
from tests.harness.going import Going

PLACES = {place.name: place for place in BUILT_IN}
WORD = "frozen_for_winter"


class Canned:
    """Answers what its path, or its command, has here, and an empty list for what has nothing."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def __call__(self, call: Call) -> Response:
        if isinstance(call, Command):
            return Answer(success=True, data=self.answers[call.action.rpartition(".")[2]])
        assert isinstance(call, Request)
        state = call.query.get("state")
        empty = {"count": 0, "results": []}
        name = call.path.rpartition("/")[2]
        return Reply(200, body=empty if state not in {None, "active"} else self.answers[name])


def gone_through(place: Marketplace, action: str, **answers: Any) -> Going:
    return Going(place.handlers[action], Site(Account(place.name, "123"), Canned(**answers))).run()


def test_an_etsy_listing_in_an_unknown_state_is_there_and_its_word_kept() -> None:
    listing = {"listing_id": 1, "state": WORD, "title": "Robe", "quantity": 1, "who_made": WORD, "listing_type": WORD}
    going = gone_through(PLACES["etsy"], "sync", listings={"count": 1, "results": [listing]})
    assert [(seen.external_id, seen.state) for seen in going.listings] == [("1", ListingState.HIDDEN)]
    assert going.outputs["save"]["unknown_states"] == [{"name": "1", "state": WORD}]


def test_an_etsy_receipt_in_an_unknown_status_is_read() -> None:
    receipt = {"receipt_id": 1, "status": WORD, "is_paid": True, "transactions": [{"transaction_id": 2}]}
    going = gone_through(PLACES["etsy"], "sync_orders", receipts={"count": 1, "results": [receipt]})
    assert [order.state for order in going.orders] == [OrderState.PAID]


@pytest.mark.parametrize("status", ["PUBLISHED", WORD])
def test_an_ebay_listing_in_an_unknown_status_is_there_and_its_word_kept(status: str) -> None:
    item = {"sku": "sf7p1", "condition": WORD, "availability": {"shipToLocationAvailability": {"quantity": 1}}}
    offer: dict[str, Any] = {
        "offerId": "9",
        "sku": "sf7p1",
        "status": status,
        "format": WORD,
        "marketplaceId": "EBAY_MARS",
    }
    offer["listing"] = {"listingId": "256", "listingStatus": WORD}
    pages = {"inventory_item": {"total": 1, "inventoryItems": [item]}, "offer": {"total": 1, "offers": [offer]}}
    going = gone_through(PLACES["ebay"], "sync", **pages)
    assert [(seen.external_id, seen.state) for seen in going.listings] == [("256", ListingState.HIDDEN)]
    assert going.outputs["save"]["unknown_states"] == [{"name": "256", "state": WORD}]


def test_an_ebay_order_in_unknown_statuses_is_read() -> None:
    line = {
        "lineItemId": "1",
        "legacyItemId": "256",
        "quantity": 1,
        "soldFormat": WORD,
        "lineItemFulfillmentStatus": WORD,
    }
    order = {
        "orderId": "14-1",
        "creationDate": "2026-11-20T12:00:00.000Z",
        "orderPaymentStatus": WORD,
        "orderFulfillmentStatus": WORD,
        "cancelStatus": {"cancelState": WORD},
        "lineItems": [line],
    }
    going = gone_through(PLACES["ebay"], "sync_orders", order={"total": 1, "orders": [order]})
    assert [order.state for order in going.orders] == [OrderState.PAID]


def test_a_vinted_item_with_unknown_words_is_there() -> None:
    item = {
        "id": 5,
        "title": "Robe",
        "status": WORD,
        "item_closing_action": None,
        "is_closed": False,
        "is_draft": False,
    }
    page = {"items": [item], "pagination": {"current_page": 1, "total_pages": 1, "total_entries": 1}}
    going = gone_through(PLACES["vinted"], "sync", list=page)
    assert [(seen.external_id, seen.state) for seen in going.listings] == [("5", ListingState.FOR_SALE)]


def test_a_vinted_order_with_unknown_words_is_read() -> None:
    order = {
        "transaction_id": 7,
        "conversation_id": 8,
        "title": "Robe",
        "status": WORD,
        "transaction_user_status": WORD,
    }
    page = {"my_orders": [order], "pagination": {"current_page": 1, "total_pages": 1, "total_entries": 1}}
    going = gone_through(PLACES["vinted"], "orders", list=page)
    assert "7" in {order.external_id for order in going.orders}
