"""What eBay may show of an account and the sandbox does not: odd offers, lists that move, answers that are none."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.ids import TenantId
from stoflow.domain.observed import ListingsSeen, ListingState, ObservedListing, OrdersSeen, OrderState
from stoflow.domain.outcome import Broken, Done, Outcome, TryAgain
from stoflow.marketplaces.ebay.clients.inventory import get_inventory_item
from stoflow.marketplaces.ebay.mapping import product_in, sku_for, sku_of
from stoflow.marketplaces.ebay.orders import EbayOrders
from stoflow.marketplaces.ebay.sync import EbaySync
from tests.unit.marketplaces.conftest import MakeAttempt

Answering = Callable[[Request], Reply]
ONE_SKU: Mapping[str, Any] = {"sku": "sf7p5", "product": {"title": "Robe"}}
NO_OFFER = Reply(404, body={"errors": [{"errorId": 25713, "message": "This Offer is not available."}]})


def held(conversation: Generator[Call, Response, Outcome] | Outcome, answer: Answering) -> Outcome:
    """Return how a conversation ends where every request is answered so."""
    assert isinstance(conversation, Generator)
    try:
        call = next(conversation)
        while True:
            assert isinstance(call, Request)
            call = conversation.send(answer(call))
    except StopIteration as end:
        return end.value


def listed(name: str, *objects: Mapping[str, Any], total: int | None = None) -> Reply:
    return Reply(200, body={name: list(objects), "total": len(objects) if total is None else total})


def stock(quantity: int) -> Mapping[str, Any]:
    return {"availability": {"shipToLocationAvailability": {"quantity": quantity}}}


def offer(listing: Mapping[str, Any] | None = None, **fields: Any) -> Mapping[str, Any]:
    price = {"price": {"value": "25.00", "currency": "EUR"}}
    shown = {"listingId": "99", "listingStatus": "ACTIVE", "soldQuantity": 0, **(listing or {})}
    base = {"offerId": "8", "status": "PUBLISHED", "marketplaceId": "EBAY_FR", "pricingSummary": price}
    return {**base, "listing": shown, **fields}


def item_with(*offers: Mapping[str, Any], **item: Any) -> Answering:
    """Return a shop of one item with these offers."""

    def answer(request: Request) -> Reply:
        if request.path.endswith("/offer"):
            return listed("offers", *offers)
        return listed("inventoryItems", {**ONE_SKU, **item})

    return answer


@pytest.fixture
def page(make_attempt: MakeAttempt) -> Attempt:
    return make_attempt("ebay", product=None, task_name="page:1", index=1)


@pytest.fixture
def confirm(make_attempt: MakeAttempt) -> Attempt:
    missing = [{"external_id": "99", "product": 5}]
    return make_attempt("ebay", product=None, task_name="confirm:1", index=1, outputs={"page:1": {"missing": missing}})


def seen_on(page: Attempt, answer: Answering) -> tuple[ObservedListing, ...]:
    outcome = held(EbaySync().page(page), answer)
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.seen, ListingsSeen)
    return outcome.seen.listings


@pytest.mark.parametrize(
    ("status", "sold", "left", "state"),
    [
        ("ACTIVE", 0, 1, ListingState.FOR_SALE),
        ("ACTIVE", 4, 1, ListingState.FOR_SALE),
        ("ACTIVE", 1, 0, ListingState.SOLD),
        ("ACTIVE", 0, 0, ListingState.HIDDEN),
        ("OUT_OF_STOCK", 1, 0, ListingState.SOLD),
        ("OUT_OF_STOCK", 0, 0, ListingState.HIDDEN),
        ("ENDED", 1, 0, ListingState.SOLD),
        ("EBAY_ENDED", 2, 0, ListingState.SOLD),
        ("INACTIVE", 0, 1, ListingState.HIDDEN),
        ("NOT_LISTED", 0, 1, ListingState.HIDDEN),
        ("SOMETHING_NEW", 0, 1, ListingState.HIDDEN),
    ],
)
def test_what_buyers_see_of_a_listing(page: Attempt, status: str, sold: int, left: int, state: ListingState) -> None:
    shown = offer({"listingStatus": status, "soldQuantity": sold}, availableQuantity=left)
    (seen,) = seen_on(page, item_with(shown, **stock(left)))
    assert (seen.state, seen.quantity) == (state, left)


@pytest.mark.parametrize("status", ["ENDED", "EBAY_ENDED"])
@pytest.mark.parametrize(("sold", "left"), [(0, 0), (0, 1), (1, 1)])
def test_a_listing_that_ended_unsold_is_gone(page: Attempt, status: str, sold: int, left: int) -> None:
    shown = offer({"listingStatus": status, "soldQuantity": sold})
    outcome = held(EbaySync().page(page), item_with(shown, **stock(left)))
    assert isinstance(outcome, Done)
    assert outcome.seen == ListingsSeen("confirm:1", gone=("99",), complete=True)


def test_a_listing_on_hold_is_hidden(page: Attempt) -> None:
    (seen,) = seen_on(page, item_with(offer({"listingOnHold": True}), **stock(1)))
    assert seen.state is ListingState.HIDDEN


@pytest.mark.parametrize(
    ("item", "shown", "left"),
    [
        (stock(3), {"availableQuantity": 2}, 2),
        (stock(1), {"availableQuantity": 2}, 1),
        (stock(3), {}, 3),
        ({}, {"availableQuantity": 2}, 2),
        ({}, {}, 1),
    ],
)
def test_a_buyer_can_have_the_lesser_of_what_item_and_offer_say(
    page: Attempt, item: Mapping[str, Any], shown: Mapping[str, Any], left: int
) -> None:
    (seen,) = seen_on(page, item_with(offer(**shown), **item))
    assert (seen.quantity, seen.state) == (left, ListingState.FOR_SALE)


def test_an_auction_beside_the_offer_is_a_listing_too(page: Attempt) -> None:
    auction = offer({"listingId": "100"}, format="AUCTION", pricingSummary={}, marketplaceId="EBAY_MARS")
    seen = seen_on(page, item_with(offer(), auction, **stock(1)))
    assert [(one.external_id, one.price, one.url) for one in seen] == [
        ("99", Decimal("25.00"), "https://www.ebay.fr/itm/99"),
        ("100", None, ""),
    ]


@pytest.mark.parametrize(
    ("sku", "product"),
    [
        ("sf7p5", 5),
        ("sf7p2147483647", 2147483647),
        ("sf7p2147483648", None),
        ("sf7p05", None),
        ("sf07p5", None),
        ("sf7p0", None),
        ("sf8p5", None),
        ("sf77p5", None),
        ("sf7p٥", None),
        ("sf7p5 ", None),
        ("SF7P5", None),
        ("robe-5", None),
        ("", None),
    ],
)
def test_a_sku_names_a_product_where_it_is_this_tenants_own(sku: str, product: int | None) -> None:
    assert product_in(sku, TenantId(7)) == product


def test_the_sku_of_a_product_names_it(make_attempt: MakeAttempt) -> None:
    attempt = make_attempt("ebay")
    assert sku_of(attempt) == sku_for(TenantId(7), 5)
    assert product_in(sku_of(attempt), attempt.tenant) == 5


def test_a_listing_that_was_there_keeps_its_sku(make_attempt: MakeAttempt) -> None:
    attempt = replace(make_attempt("ebay"), listing_id="110", listing_sku="ROBE 5/A")
    assert sku_of(attempt) == "ROBE 5/A"
    assert get_inventory_item(sku_of(attempt)).path.endswith("/ROBE%205%2FA")


def test_a_page_behind_the_end_is_the_end(page: Attempt) -> None:
    third = replace(page, task_name="page:3", index=3)
    for answer in (listed("inventoryItems", total=90), Reply(404, body={"errors": [{"errorId": 25710}]})):
        outcome = held(EbaySync().page(third), lambda _, answer=answer: answer)
        assert isinstance(outcome, Done)
        assert outcome.seen == ListingsSeen("confirm:1", complete=True)


def test_a_full_page_may_be_the_last(page: Attempt) -> None:
    full = listed("inventoryItems", *[{"sku": f"sf7p{number}"} for number in range(1, 21)])
    outcome = held(EbaySync().page(page), lambda request: NO_OFFER if request.path.endswith("/offer") else full)
    assert isinstance(outcome, Done)
    assert outcome.seen == ListingsSeen("confirm:1", complete=True)


def test_an_account_without_items_may_say_so_without_a_list(page: Attempt) -> None:
    assert seen_on(page, lambda _: Reply(200, body={"total": 0, "size": 0})) == ()


@pytest.mark.parametrize("body", [None, {}, [], {"total": 3}, {"total": "3", "inventoryItems": [], "offers": []}])
@pytest.mark.parametrize("task", ["page", "confirm", "orders"])
def test_an_answer_that_is_no_list_is_never_taken_for_an_empty_one(
    page: Attempt, confirm: Attempt, task: str, body: Any
) -> None:
    conversations = {
        "page": EbaySync().page(page),
        "confirm": EbaySync().confirm(confirm),
        "orders": EbayOrders().page(page),
    }
    assert isinstance(held(conversations[task], lambda _: Reply(200, body=body, text="<html>")), Broken)


def test_an_offer_that_cannot_be_read_is_never_taken_for_none(page: Attempt, confirm: Attempt) -> None:
    def broken_offers(request: Request) -> Reply:
        return Reply(500) if request.path.endswith("/offer") else listed("inventoryItems", ONE_SKU)

    for conversation in (EbaySync().page(page), EbaySync().confirm(confirm)):
        assert isinstance(held(conversation, broken_offers), TryAgain)


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        (listed("offers", offer()), ()),
        (listed("offers", offer({"listingStatus": "ENDED"})), ()),
        (NO_OFFER, ("99",)),
        (Reply(400, body={"errors": [{"errorId": 25702}]}), ("99",)),
        (listed("offers", offer({"listingId": "100"})), ("99",)),
        (listed("offers", {**offer(), "status": "UNPUBLISHED"}), ("99",)),
    ],
)
def test_gone_is_what_no_published_offer_has(confirm: Attempt, answer: Reply, gone: tuple[str, ...]) -> None:
    outcome = held(EbaySync().confirm(confirm), lambda _: answer)
    assert isinstance(outcome, Done)
    assert outcome.seen == ListingsSeen("save", gone=gone)


def test_a_question_ebay_does_not_take_is_a_fault_of_ours(page: Attempt) -> None:
    refused = Reply(400, body={"errors": [{"errorId": 30810, "message": "Invalid date format"}]})
    assert isinstance(held(EbayOrders().page(page), lambda _: refused), Broken)


# orders


def order(number: int = 1, **fields: Any) -> Mapping[str, Any]:
    line = {"lineItemId": f"{number}-1", "legacyItemId": "99", "quantity": 2, "title": "Robe", "sku": "sf7p5"}
    return {
        "orderId": str(number),
        "creationDate": "2026-11-20T12:00:00.250Z",
        "orderPaymentStatus": "PAID",
        "orderFulfillmentStatus": "NOT_STARTED",
        "cancelStatus": {"cancelState": "NONE_REQUESTED"},
        "pricingSummary": {"total": {"value": "53.90", "currency": "EUR"}},
        "lineItems": [{**line, "total": {"value": "50.00", "currency": "EUR"}}],
        **fields,
    }


def orders_on(page: Attempt, answer: Answering) -> OrdersSeen:
    outcome = held(EbayOrders().page(page), answer)
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.seen, OrdersSeen)
    return outcome.seen


def test_an_order_is_read_to_the_cent(page: Attempt) -> None:
    (read,) = orders_on(page, lambda _: listed("orders", order())).orders
    assert (read.external_id, read.total, read.currency) == ("1", Decimal("53.90"), "EUR")
    assert read.ordered_at == datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)
    (line,) = read.lines
    assert (line.line_id, line.listing_id, line.quantity, line.product) == ("1-1", "99", 2, 5)
    assert (line.amount, line.title, line.sku) == (Decimal("50.00"), "Robe", "sf7p5")


@pytest.mark.parametrize(
    ("payment", "fulfillment", "cancel", "state"),
    [
        ("PENDING", "NOT_STARTED", "NONE_REQUESTED", OrderState.UNPAID),
        ("FAILED", "NOT_STARTED", "NONE_REQUESTED", OrderState.UNPAID),
        ("PAID", "NOT_STARTED", "NONE_REQUESTED", OrderState.PAID),
        ("PAID", "IN_PROGRESS", "NONE_REQUESTED", OrderState.PAID),
        ("PAID", "NOT_STARTED", "IN_PROGRESS", OrderState.PAID),
        ("PARTIALLY_REFUNDED", "NOT_STARTED", "NONE_REQUESTED", OrderState.PAID),
        ("PAID", "FULFILLED", "NONE_REQUESTED", OrderState.SHIPPED),
        ("PENDING", "FULFILLED", "NONE_REQUESTED", OrderState.SHIPPED),
        ("FULLY_REFUNDED", "FULFILLED", "NONE_REQUESTED", OrderState.SHIPPED),
        ("FULLY_REFUNDED", "NOT_STARTED", "NONE_REQUESTED", OrderState.PAID),
        ("FULLY_REFUNDED", "NOT_STARTED", "CANCELED", OrderState.CANCELLED),
        ("PENDING", "NOT_STARTED", "CANCELED", OrderState.CANCELLED),
    ],
)
def test_how_far_an_order_is(page: Attempt, payment: str, fulfillment: str, cancel: str, state: OrderState) -> None:
    shown = order(orderPaymentStatus=payment, orderFulfillmentStatus=fulfillment, cancelStatus={"cancelState": cancel})
    assert [read.state for read in orders_on(page, lambda _: listed("orders", shown)).orders] == [state]


def test_a_page_of_orders_behind_the_end_is_the_end(page: Attempt) -> None:
    third = replace(page, task_name="page:3", index=3, outputs={"page:1": {"filter": "x"}})
    assert orders_on(third, lambda _: listed("orders", total=900)) == OrdersSeen("save", complete=True)


@dataclass
class OrdersByChange:
    """A list by last change, as eBay's may be: what changes moves to its end, and draws those behind it forward."""

    numbers: list[int] = field(default_factory=lambda: list(range(250)))

    def __call__(self, request: Request) -> Reply:
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        shown = [order(number) for number in self.numbers[offset : offset + limit]]
        return listed("orders", *shown, total=len(self.numbers))

    def change(self, number: int) -> None:
        self.numbers.remove(number)
        self.numbers.append(number)


def test_orders_that_change_while_the_list_is_read_hide_none(page: Attempt) -> None:
    market, outputs, read = OrdersByChange(), {"page:1": {"filter": "x"}}, set[str]()
    then, number = "page:1", 0
    while then != "save":
        number += 1
        seen = orders_on(replace(page, task_name=then, index=number, outputs=outputs), market)
        read |= {each.external_id for each in seen.orders}
        for each in range(5):
            market.change((number - 1) * 90 + each)
        then = seen.then
    assert read == {str(number) for number in range(250)}
