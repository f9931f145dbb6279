"""The simulated eBay shows what was bought as getOrders does, and refuses every wrong question by its own number."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest


def error_of(reply: httpx.Response) -> tuple[int, int]:
    return reply.status_code, reply.json()["errors"][0]["errorId"]


def stamp(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_an_order_says_what_was_bought_for_how_much_and_by_whom(ebay: Any) -> None:
    listing = ebay.publish(quantity=3)
    ebay.sell(listing, quantity=2)
    page = ebay.orders().json()
    assert (page["total"], page["limit"], page["offset"]) == (1, 50, 0)
    order = page["orders"][0]
    assert order["pricingSummary"]["total"] == {"value": "50.00", "currency": "EUR"}
    assert (order["orderPaymentStatus"], order["orderFulfillmentStatus"]) == ("PAID", "NOT_STARTED")
    assert order["cancelStatus"] == {"cancelState": "NONE_REQUESTED", "cancelRequests": []}
    assert order["buyer"]["username"]
    line = order["lineItems"][0]
    assert (line["legacyItemId"], line["sku"], line["quantity"], line["title"]) == (listing, "sf7p1", 2, "Robe rouge")
    assert ebay.call("GET", f"/sell/fulfillment/v1/order/{order['orderId']}").json() == order


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("unpaid", ("PENDING", "NOT_STARTED", "NONE_REQUESTED")),
        ("paid", ("PAID", "NOT_STARTED", "NONE_REQUESTED")),
        ("shipped", ("PAID", "FULFILLED", "NONE_REQUESTED")),
        ("cancelled", ("FULLY_REFUNDED", "NOT_STARTED", "CANCELED")),
    ],
)
def test_how_far_an_order_is_shows_in_three_words(ebay: Any, state: str, shown: tuple[str, str, str]) -> None:
    ebay.sell(ebay.publish(), state=state)
    order = ebay.orders().json()["orders"][0]
    words = order["orderPaymentStatus"], order["orderFulfillmentStatus"], order["cancelStatus"]["cancelState"]
    assert words == shown


def test_orders_are_paged_by_the_number_of_orders_skipped_oldest_first(ebay: Any) -> None:
    listing = ebay.publish(quantity=5)
    for days_ago in (1, 5, 3, 4, 2):
        ebay.sell(listing, days_ago=days_ago)
    whole = [order["creationDate"] for order in ebay.orders().json()["orders"]]
    assert whole == sorted(whole)
    page = ebay.orders(limit="2", offset="3").json()
    assert [order["creationDate"] for order in page["orders"]] == whole[3:]
    assert "next" not in page
    assert page["prev"].endswith("limit=2&offset=1")
    assert ebay.orders(limit="2").json()["next"].endswith("limit=2&offset=2")


def test_only_what_is_asked_for_is_shown(ebay: Any) -> None:
    listing = ebay.publish(quantity=4)
    for days_ago, state in ((400, "paid"), (100, "paid"), (10, "shipped"), (1, "paid")):
        ebay.sell(listing, days_ago=days_ago, state=state)

    def asked(text: str) -> int:
        return ebay.orders(filter=text).json()["total"]

    assert ebay.orders().json()["total"] == 2  # of the last 90 days
    assert asked(f"creationdate:[{stamp(days=365)}..]") == 3
    assert asked(f"creationdate:[{stamp(days=365)}..{stamp(days=50)}]") == 1
    assert asked(f"lastmodifieddate:[{stamp(days=5)}..]") == 1
    assert asked(f"creationdate:[{stamp(days=365)}..],lastmodifieddate:[{stamp(days=5)}..]") == 3
    assert asked("orderfulfillmentstatus:{NOT_STARTED|IN_PROGRESS}") == 1
    assert asked("orderfulfillmentstatus:{FULFILLED|IN_PROGRESS}") == 1


@pytest.mark.parametrize(
    ("query", "error_id"),
    [
        ({"filter": "buyer:[x..]"}, 30700),
        ({"filter": "creationdate:2026-01-01T00:00:00.000Z"}, 30800),
        ({"filter": "creationdate:%5B2026-01-01T00:00:00.000Z..%5D"}, 30800),
        ({"filter": "orderfulfillmentstatus:{NOT_STARTED}"}, 30800),
        ({"filter": "creationdate:[yesterday..]"}, 30810),
        ({"filter": "creationdate:[2026-13-01T00:00:00.000Z..]"}, 30810),
        ({"filter": "creationdate:[2026-01-01T00:00:00+01:00..]"}, 30810),
        ({"filter": f"creationdate:[..{stamp(days=1)}]"}, 30820),
        ({"filter": f"creationdate:[{stamp(days=900)}..]"}, 30830),
        ({"filter": f"creationdate:[{stamp(days=1)}..{stamp(days=2)}]"}, 30840),
        ({"filter": f"lastmodifieddate:[{stamp(days=-1)}..]"}, 30850),
        ({"orderIds": ",".join(["1"] * 51)}, 30900),
        ({"offset": "-1"}, 31000),
        ({"limit": "201"}, 31100),
        ({"limit": "0"}, 31100),
        ({"fieldGroups": "EVERYTHING"}, 32800),
    ],
)
def test_a_wrong_question_is_refused_by_its_own_number(ebay: Any, query: dict[str, str], error_id: int) -> None:
    assert error_of(ebay.orders(**query)) == (400, error_id)


def test_orders_may_be_asked_for_by_name(ebay: Any) -> None:
    listing = ebay.publish(quantity=2)
    ebay.sell(listing, days_ago=200)
    ebay.sell(listing)
    old = ebay.orders(filter=f"creationdate:[{stamp(days=300)}..]").json()["orders"][0]["orderId"]
    named = ebay.orders(orderIds=f"{old},14-0-0", filter="nonsense").json()
    assert [order["orderId"] for order in named["orders"]] == [old]
    assert error_of(ebay.call("GET", "/sell/fulfillment/v1/order/14-0-0")) == (400, 32100)
