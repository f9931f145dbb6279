"""What a seller reads of their account: listings as they were seen last, orders once each, nobody else's."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stoflow.domain.observed import OrderLine
from stoflow.resources.observed.read import ListingView, OrderView

SEEN_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def listing(external_id: str, product: int | None = None, state: str = "for_sale") -> ListingView:
    price = Decimal("12.50")
    return ListingView(external_id, product, state, "A coat", price, "EUR", 1, "", "", SEEN_AT, SEEN_AT, None)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["external_id"] for item in answer.json()["items"]]


@pytest.fixture
def stocked(api: Any) -> Any:
    use_cases = api.use_cases
    use_cases.listings[use_cases.alice] = [listing("a", 1), listing("b"), listing("c", 2, "sold")]
    line = OrderLine("l1", "c", 1, amount=Decimal("12.50"), product=2)
    order = OrderView("o1", "paid", SEEN_AT, Decimal("12.50"), "EUR", (line,), SEEN_AT, SEEN_AT)
    use_cases.orders[use_cases.alice] = [order]
    return api


def test_listings_are_filtered_by_state_and_by_whether_a_product_is_known(stocked: Any) -> None:
    assert ids(stocked.ask("GET", "/api/vinted/listings")) == ["a", "b", "c"]
    assert ids(stocked.ask("GET", "/api/vinted/listings?state=sold")) == ["c"]
    assert ids(stocked.ask("GET", "/api/vinted/listings?linked=false")) == ["b"]


def test_listings_are_read_in_pages(stocked: Any) -> None:
    first = stocked.ask("GET", "/api/vinted/listings?limit=2").json()
    assert ids(stocked.ask("GET", f"/api/vinted/listings?limit=2&cursor={first['next_cursor']}")) == ["c"]


def test_a_listing_shows_its_price_and_when_it_was_seen(stocked: Any) -> None:
    shown = stocked.ask("GET", "/api/vinted/listings").json()["items"][0]
    assert shown["price"] == {"amount": "12.50", "currency": "EUR"}
    assert shown["seen_at"] == "2026-11-20T09:30:00Z"


def test_an_order_names_the_products_that_were_bought(stocked: Any) -> None:
    (order,) = stocked.ask("GET", "/api/ebay/orders").json()["items"]
    assert (order["external_id"], order["lines"][0]["product_id"], order["lines"][0]["amount"]) == ("o1", 2, "12.50")


def test_an_unknown_state_is_refused_by_name(stocked: Any) -> None:
    answer = stocked.ask("GET", "/api/vinted/listings?state=lost")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "state"
