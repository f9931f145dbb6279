"""One thing of a page that cannot be read is named, and the others are taken, on every marketplace."""

from collections.abc import Callable, Generator, Mapping
from typing import Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Answer, Command, Reply, Request, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.observed import ListingsSeen, OrdersSeen
from stoflow.domain.outcome import Done
from stoflow.execution.conversation import hold
from stoflow.marketplaces.ebay.orders import EbayOrders
from stoflow.marketplaces.ebay.sync import EbaySync
from stoflow.marketplaces.etsy.orders import EtsyOrders
from stoflow.marketplaces.etsy.sync import EtsySync
from stoflow.marketplaces.vinted.orders import VintedOrders
from stoflow.marketplaces.vinted.sync import VintedSync

MakeAttempt = Callable[..., Attempt]
EBAY_ORDER: Mapping[str, Any] = {
    "orderId": "1",
    "creationDate": "2026-11-20T10:00:00.000Z",
    "lineItems": [{"lineItemId": "11", "legacyItemId": "111", "quantity": 1, "title": "Coat"}],
}
ODD_EBAY_ORDERS = [
    {**EBAY_ORDER, "orderId": None},
    {**EBAY_ORDER, "orderId": "2", "creationDate": "yesterday"},
    {**EBAY_ORDER, "orderId": "3", "creationDate": None},
    {**EBAY_ORDER, "orderId": "4", "lineItems": None},
    {**EBAY_ORDER, "orderId": "5", "lineItems": [None]},
    {**EBAY_ORDER, "orderId": "6", "lineItems": [{"lineItemId": "61", "quantity": "many"}]},
    None,
    "an order",
]
RECEIPT: Mapping[str, Any] = {
    "receipt_id": 1,
    "created_timestamp": 1_790_000_000,
    "is_paid": True,
    "grandtotal": {"amount": 1250, "divisor": 100, "currency_code": "EUR"},
    "transactions": [{"transaction_id": 11, "listing_id": 111, "quantity": 1, "title": "Coat"}],
}
ODD_RECEIPTS = [
    {**RECEIPT, "receipt_id": None},
    {**RECEIPT, "receipt_id": 2, "created_timestamp": "yesterday"},
    {**RECEIPT, "receipt_id": 3, "created_timestamp": 10**30},
    {**RECEIPT, "receipt_id": 4, "grandtotal": {"amount": "much", "divisor": 100}},
    {**RECEIPT, "receipt_id": 5, "transactions": [{"transaction_id": None}]},
    {**RECEIPT, "receipt_id": 6, "transactions": [{"transaction_id": 61, "quantity": "many"}]},
]
LISTING: Mapping[str, Any] = {
    "listing_id": 1,
    "state": "active",
    "title": "Coat",
    "quantity": 1,
    "price": {"amount": 1250, "divisor": 100, "currency_code": "EUR"},
}
ODD_LISTINGS = [
    {**LISTING, "listing_id": None},
    {**LISTING, "listing_id": 2, "quantity": "many"},
    {**LISTING, "listing_id": 3, "price": {"amount": "much", "divisor": 100}},
    {**LISTING, "listing_id": 4, "quantity": 1.5},
]
VINTED_ORDER: Mapping[str, Any] = {"transaction_id": 1, "title": "Coat", "price": {"amount": "12.0"}}


def held(conversation: Any, answer: Callable[[Any], Response]) -> Done:
    assert isinstance(conversation, Generator)
    outcome = hold(conversation, answer, TaskKind.REPEATABLE)
    assert isinstance(outcome, Done), outcome
    return outcome


def ids_in(done: Done) -> list[str]:
    assert isinstance(done.seen, ListingsSeen | OrdersSeen)
    seen = done.seen.listings if isinstance(done.seen, ListingsSeen) else done.seen.orders
    return [each.external_id for each in seen]


def page_of(make_attempt: MakeAttempt, marketplace: str) -> Attempt:
    return make_attempt(marketplace, product=None, task_name="page:1", index=1)


def test_odd_orders_on_ebay_are_named_and_the_others_taken(make_attempt: MakeAttempt) -> None:
    orders = [*ODD_EBAY_ORDERS, EBAY_ORDER]
    done = held(
        EbayOrders().page(page_of(make_attempt, "ebay")),
        lambda _: Reply(200, body={"total": len(orders), "orders": orders}),
    )
    assert ids_in(done) == ["1"]
    names = [each["name"] for each in done.output["unread"]]
    assert len(names) == len(ODD_EBAY_ORDERS)
    assert {"2", "3", "4", "5", "6"} <= set(names)


def test_odd_listings_on_ebay_are_named_and_the_others_taken(make_attempt: MakeAttempt) -> None:
    offer = {"listing": {"listingId": "9", "listingStatus": "ACTIVE"}, "status": "PUBLISHED", "availableQuantity": 1}
    items = [None, {"sku": None}, {"sku": "odd"}, {"sku": "good"}]

    def answer(call: Request) -> Reply:
        if "inventory_item" in call.path:
            return Reply(200, body={"total": len(items), "inventoryItems": items})
        offers = [{**offer, "listing": "gone"}, None, offer] if call.query["sku"] == "odd" else [offer]
        return Reply(200, body={"total": len(offers), "offers": offers})

    done = held(EbaySync().page(page_of(make_attempt, "ebay")), answer)
    assert set(ids_in(done)) == {"9"}
    assert len(done.output["unread"]) == 2


def test_odd_receipts_on_etsy_are_named_and_the_others_taken(make_attempt: MakeAttempt) -> None:
    receipts = [*ODD_RECEIPTS, RECEIPT]
    done = held(
        EtsyOrders().page(page_of(make_attempt, "etsy")),
        lambda _: Reply(200, body={"count": len(receipts), "results": receipts}),
    )
    assert ids_in(done) == ["1"]
    assert {"2", "3", "4", "5", "6"} <= {each["name"] for each in done.output["unread"]}
    assert len(done.output["unread"]) == len(ODD_RECEIPTS)


def test_odd_listings_on_etsy_are_named_and_the_others_taken(make_attempt: MakeAttempt) -> None:
    listings = [*ODD_LISTINGS, LISTING]
    done = held(
        EtsySync().page(page_of(make_attempt, "etsy")),
        lambda _: Reply(200, body={"count": len(listings), "results": listings}),
    )
    assert ids_in(done) == ["1"]
    assert len(done.output["unread"]) == len(ODD_LISTINGS)


@pytest.mark.parametrize("price", [None, {}, {"amount": "much"}, {"amount": "NaN"}, [], "1e999999"])
def test_odd_things_on_vinted_are_named_or_left_without_a_price(make_attempt: MakeAttempt, price: Any) -> None:
    odd = [{**VINTED_ORDER, "transaction_id": None}, None, "an order"]

    def answer(call: Command) -> Answer:
        if call.action != "vinted.orders.list":
            return Answer(success=True, data={"transaction": {"item_id": 7}})
        orders = [*odd, {**VINTED_ORDER, "price": price, "date": "yesterday"}]
        return Answer(success=True, data={"my_orders": orders})

    done = held(VintedOrders().page(page_of(make_attempt, "vinted")), answer)
    assert ids_in(done) == ["1"]
    assert [each["name"] for each in done.output["unread"]] == ["an order"]

    item = {"id": 1, "title": "Coat", "price": price}
    shown = Answer(success=True, data={"items": [None, {"id": None}, "an item", item]})
    assert ids_in(held(VintedSync().page(page_of(make_attempt, "vinted")), lambda _: shown)) == ["1"]
