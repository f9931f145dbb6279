"""A Vinted account of shapes the sandbox never shows: odd pages, prices and dates, things closed without a reason."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Answer, Command
from stoflow.domain.observed import ListingsSeen, ListingState, Order, OrdersSeen
from stoflow.domain.outcome import Broken, Done, LookResult, Outcome, Refused
from stoflow.marketplaces.vinted.items import amount_in, seen_listing, state_of
from stoflow.marketplaces.vinted.messages import VintedMessages
from stoflow.marketplaces.vinted.orders import VintedOrders
from stoflow.marketplaces.vinted.sync import VintedSync
from stoflow_sandbox import discretion
from tests.unit.marketplaces.conftest import MakeAttempt
from tests.unit.marketplaces.test_conversations import failed, held, said

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
ON_ALL = {"page:2": {"next": {"list": "all", "page": 1}}}


@pytest.fixture
def syncing(make_attempt: MakeAttempt) -> Attempt:
    return make_attempt("vinted", task_name="page:1", index=1, product=None)


@pytest.fixture
def ordering(make_attempt: MakeAttempt) -> Attempt:
    """At the first page of all orders, with those before it done."""
    return make_attempt("vinted", task_name="page:3", index=3, product=None, outputs=ON_ALL, since=SINCE)


def sold(number: int, days_before: float, **more: Any) -> Mapping[str, Any]:
    date = (SINCE - timedelta(days=days_before)).isoformat()
    return {"transaction_id": number, "title": f"Thing {number}", "price": {"amount": "5.0"}, "date": date, **more}


def page(*orders: Mapping[str, Any], **pagination: int) -> Answer:
    return said({"my_orders": list(orders), "pagination": pagination})


def transaction(item: int) -> Answer:
    return said({"transaction": {"item_id": item}})


def told(outcome: Outcome | LookResult) -> tuple[Order, ...]:
    assert isinstance(outcome, Done), outcome
    assert isinstance(outcome.seen, OrdersSeen)
    return outcome.seen.orders


def follows(outcome: Outcome | LookResult) -> str:
    assert isinstance(outcome, Done), outcome
    assert outcome.seen is not None
    assert (outcome.seen.then == "save") is outcome.seen.complete
    return outcome.seen.then


# things


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        ({}, ListingState.FOR_SALE),
        ({"is_closed": False, "item_closing_action": None, "is_hidden": 0}, ListingState.FOR_SALE),
        ({"is_closed": True, "item_closing_action": "sold"}, ListingState.SOLD),
        ({"item_closing_action": "sold", "is_hidden": True}, ListingState.SOLD),
        ({"is_closed": True}, ListingState.HIDDEN),
        ({"is_closed": True, "item_closing_action": "other"}, ListingState.HIDDEN),
        ({"is_reserved": True}, ListingState.HIDDEN),
        ({"is_hidden": True}, ListingState.HIDDEN),
        ({"is_draft": True}, ListingState.HIDDEN),
    ],
)
def test_only_what_vinted_calls_sold_is_sold(flags: Mapping[str, Any], state: ListingState) -> None:
    assert state_of(flags) is state


@pytest.mark.parametrize(
    ("price", "amount"),
    [({"amount": "12.0"}, "12.0"), (12, "12"), ("12.50", "12.50"), (None, None), ("", None), ("NaN", None), ({}, None)],
)
def test_a_price_is_an_amount_or_none(price: Any, amount: str | None) -> None:
    assert amount_in({"price": price}) == (Decimal(amount) if amount else None)


def test_an_items_own_address_comes_before_one_made_of_its_id(syncing: Attempt) -> None:
    abroad = replace(syncing.account, settings={"domain": "www.vinted.es"})
    assert seen_listing(abroad, "5", {}).url == "https://www.vinted.es/items/5"
    assert seen_listing(abroad, "5", {"url": "https://www.vinted.es/items/5-coat"}).url.endswith("5-coat")


# pages


def test_without_a_count_of_pages_a_page_that_is_not_full_is_the_last(syncing: Attempt) -> None:
    items = [{"id": number} for number in range(1, 97)]
    full, _ = held(VintedSync().page(syncing), [said({"items": items})])
    rest, _ = held(VintedSync().page(syncing), [said({"items": items[1:]})])
    assert isinstance(full, Done)
    assert isinstance(rest, Done)
    assert isinstance(full.seen, ListingsSeen)
    assert isinstance(rest.seen, ListingsSeen)
    assert [(seen.then, seen.complete) for seen in (full.seen, rest.seen)] == [("page:2", False), ("confirm:1", True)]


@pytest.mark.parametrize("body", [{}, {"items": None, "my_orders": {}}, {"items": "none", "my_orders": "none"}])
def test_a_page_without_its_list_is_not_taken_for_an_empty_account(
    syncing: Attempt, ordering: Attempt, body: Mapping[str, Any]
) -> None:
    for conversation in (VintedSync().page(syncing), VintedOrders().page(ordering)):
        outcome, _ = held(conversation, [said(body)])
        assert isinstance(outcome, Broken)


def test_a_listing_is_not_gone_where_the_wardrobe_cannot_be_read(syncing: Attempt) -> None:
    missing = {"page:1": {"missing": [{"external_id": "5", "product": 1}]}}
    attempt = replace(syncing, task_name="confirm:1", outputs=missing)
    for unreadable in (said({}), failed("not_json")):
        outcome, _ = held(VintedSync().confirm(attempt), [failed("http_404"), unreadable])
        assert not isinstance(outcome, Done)
    outcome, _ = held(VintedSync().confirm(attempt), [said({})])
    assert isinstance(outcome, Broken)


# orders


def test_a_page_is_the_last_of_its_list_only_where_all_of_it_is_past(ordering: Attempt) -> None:
    old, older, recent = sold(1, 31), sold(2, 40), sold(3, 29)
    for orders, then in (
        ((old, older), "save"),
        ((recent, old), "page:4"),
        ((older, old), "page:4"),  # not the newest first: who knows what is behind
        ((old, {**older, "date": "3 nov."}), "page:4"),
        ((old, {**older, "date": "2026-01-01T10:00:00"}), "page:4"),  # of which time zone?
        ((), "page:4"),
    ):
        answers = [page(*orders, total_pages=9), *(transaction(7) for _ in orders)]  # one without a date is asked for
        outcome, _ = held(VintedOrders().page(ordering), answers)
        assert follows(outcome) == then, orders


def test_what_is_past_is_left_as_it_was_recorded_whichever_list_shows_it(ordering: Attempt) -> None:
    """An order cancelled long ago is behind the last page that was read of those cancelled."""
    outcome, _ = held(VintedOrders().page(ordering), [page(sold(1, 29), sold(2, 31), total_pages=9)])
    assert [(order.external_id, order.lines) for order in told(outcome)] == [("1", ())]


def test_the_first_run_reads_every_page(ordering: Attempt) -> None:
    answers = [page(sold(1, 400), total_pages=9), transaction(7)]
    outcome, _ = held(VintedOrders().page(replace(ordering, since=None)), answers)
    assert follows(outcome) == "page:4"
    assert [line.listing_id for order in told(outcome) for line in order.lines] == ["7"]


def test_what_is_dated_near_the_last_run_or_not_at_all_is_asked_for_its_item(ordering: Attempt) -> None:
    orders = (sold(1, 0.9), {**sold(2, 5), "date": "hier"}, sold(3, 1.1))
    outcome, calls = held(VintedOrders().page(ordering), [page(*orders), transaction(7), transaction(8)])
    assert [[line.listing_id for line in order.lines] for order in told(outcome)] == [["7"], ["8"], []]
    assert calls[1:] == [Command("vinted.transaction.get", {"id": number}) for number in ("1", "2")]


def test_a_conversation_about_another_transaction_is_not_believed(ordering: Attempt) -> None:
    order = sold(1, 0, conversation_id=9)
    other = said({"conversation": {"transaction": {"id": 2, "item_id": 6}}})
    outcome, calls = held(VintedOrders().page(ordering), [page(order), other, transaction(7)])
    assert [line.listing_id for line in told(outcome)[0].lines] == ["7"]
    assert calls[1] == Command("vinted.conversation.get", {"id": "9"})


def test_an_order_whose_item_nobody_names_is_told_as_unknown(ordering: Attempt) -> None:
    outcome, _ = held(VintedOrders().page(ordering), [page(sold(1, 0)), failed("http_404")])
    assert [line.listing_id for line in told(outcome)[0].lines] == [""]


def test_an_order_without_its_number_is_not_passed_over(ordering: Attempt) -> None:
    outcome, _ = held(VintedOrders().page(ordering), [page({**sold(1, 0), "transaction_id": None})])
    assert isinstance(outcome, Done)
    assert [each["name"] for each in outcome.output["unread"]] == ["an order"]
    assert isinstance(outcome.seen, OrdersSeen)


@pytest.mark.parametrize("code", ["http_400", "http_422"])
def test_an_order_of_which_vinted_refuses_to_show_the_item_is_named_and_the_rest_is_taken(
    ordering: Attempt, code: str
) -> None:
    """As case 12, where eBay refuses one SKU."""
    orders = page(sold(1, 0), sold(2, 0), sold(3, 0))
    outcome, _ = held(VintedOrders().page(ordering), [orders, transaction(7), failed(code), transaction(9)])
    assert [order.external_id for order in told(outcome)] == ["1", "3"]
    assert isinstance(outcome, Done)
    assert [each["name"] for each in outcome.output["unread"]] == ["2"]
    assert outcome.output["told"] == ["1", "3", "2"]  # no list after this one asks for it again


def test_where_only_the_conversation_is_refused_the_transaction_is_asked(ordering: Attempt) -> None:
    order = sold(1, 0, conversation_id=9)
    outcome, _ = held(VintedOrders().page(ordering), [page(order), failed("http_422"), transaction(7)])
    assert [line.listing_id for line in told(outcome)[0].lines] == ["7"]


# messages


def test_nothing_is_said_where_the_members_number_is_not_known(make_attempt: MakeAttempt) -> None:
    attempt = make_attempt("vinted", product=None, payload={"conversation_id": 5, "text": "Oui"})
    assert isinstance(VintedMessages().validate(attempt), Done)
    unknown = VintedMessages().validate(replace(attempt, account=replace(attempt.account, external_id="")))
    assert isinstance(unknown, Refused)
    assert [error.field for error in unknown.errors] == ["account.external_id"]


# what a plugin hands on


def test_of_pages_of_other_shapes_nothing_is_handed_on() -> None:
    odd: tuple[Any, ...] = (
        {},
        [],
        None,
        "text",
        {"my_orders": 5},
        {"transaction": 5},
        {"conversation": {"messages": 5}},
    )
    for body in odd:
        assert discretion.orders(body) == discretion.transaction(body) == discretion.conversation(body, 1) == {}


def test_of_an_order_and_its_transaction_only_what_stoflow_reads_is_handed_on() -> None:
    order = {"transaction_id": 1, "title": "Coat", "buyer": "Ada", "shipping_address": "12 rue X"}
    assert discretion.orders({"my_orders": [order], "pagination": {"total_pages": 1}, "user": "Ada"}) == {
        "my_orders": [{"transaction_id": 1, "title": "Coat"}],
        "pagination": {"total_pages": 1},
    }
    assert discretion.transaction({"transaction": {"id": 1, "item_id": 2, "buyer": {"name": "Ada"}}}) == {
        "transaction": {"id": 1, "item_id": 2}
    }
