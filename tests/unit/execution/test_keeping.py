"""What no column holds is named, cut or left out, and the rest of the page is kept."""

from decimal import Decimal

import pytest

from stoflow.domain.observed import (
    ListingsSeen,
    ListingState,
    ObservedListing,
    Order,
    OrderLine,
    OrdersSeen,
    OrderState,
)
from stoflow.domain.outcome import Done
from stoflow.execution.keeping import LONGEST_ID, LONGEST_TEXT, keepable

LARGEST = 2**31 - 1


def kept_listing(**fields: object) -> ObservedListing:
    listing = ObservedListing("1", ListingState.FOR_SALE)
    odd = ObservedListing(**{"external_id": "1", "state": ListingState.FOR_SALE, **fields})  # pyright: ignore[reportArgumentType]
    done = keepable(Done(seen=ListingsSeen("save", (odd, listing))))
    assert isinstance(done.seen, ListingsSeen)
    assert done.seen.listings[-1] == listing
    return done.seen.listings[0]


@pytest.mark.parametrize("external_id", ["", "9" * (LONGEST_ID + 1), "\x001", "\ud800", None, 7], ids=ascii)
def test_a_thing_without_an_id_is_named_and_the_others_are_kept(external_id: str) -> None:
    good = ObservedListing("1", ListingState.FOR_SALE)
    odd = ObservedListing(external_id, ListingState.FOR_SALE)
    done = keepable(Done({"unread": [{"name": "0", "reason": "hidden"}]}, seen=ListingsSeen("save", (odd, good))))
    assert done.seen == ListingsSeen("save", (good,))
    assert [each["reason"] for each in done.output["unread"]] == ["hidden", "Its id is none, or too long to be one."]


@pytest.mark.parametrize(
    ("price", "kept"),
    [
        (Decimal("12.345"), Decimal("12.35")),
        (Decimal("1e12"), None),
        (Decimal("-1e12"), None),
        (Decimal("9999999999.999"), None),
        (Decimal("NaN"), None),
        (Decimal("Infinity"), None),
        (Decimal("1e-400000"), Decimal("0.00")),
        (None, None),
    ],
)
def test_an_amount_that_no_column_holds_is_not_known(price: Decimal | None, kept: Decimal | None) -> None:
    assert kept_listing(price=price).price == kept


@pytest.mark.parametrize(("quantity", "kept"), [(-1, 0), (10**30, LARGEST), (3, 3)])
def test_a_quantity_is_one_that_is_possible(quantity: int, kept: int) -> None:
    assert kept_listing(quantity=quantity).quantity == kept


def test_texts_are_cut_and_storable() -> None:
    listing = kept_listing(title="a" * 10_000_000, url="\x00b", sku="\ud800", currency="c" * 99, product=10**12)
    assert (len(listing.title), listing.url, listing.sku) == (LONGEST_TEXT, "b", "\ufffd")
    assert (len(listing.currency), listing.product) == (10, None)


def test_an_order_with_an_odd_line_is_named_and_the_others_are_kept() -> None:
    good = Order("1", OrderState.PAID, (OrderLine("11", "111", quantity=10**30),))
    odd = Order("2", OrderState.PAID, (OrderLine("9" * (LONGEST_ID + 1), "222"),))
    done = keepable(Done(seen=OrdersSeen("save", (odd, good))))
    assert isinstance(done.seen, OrdersSeen)
    assert [(each.external_id, each.lines[0].quantity) for each in done.seen.orders] == [("1", LARGEST)]
    assert [each["name"] for each in done.output["unread"]] == ["2"]
