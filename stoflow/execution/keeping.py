"""What a marketplace showed, made fit to be kept: a thing whose id cannot be is named, and the rest is recorded."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stoflow.domain.foreign import storable_text
from stoflow.domain.observed import ListingsSeen, ObservedListing, Order, OrderLine, OrdersSeen
from stoflow.domain.outcome import Done
from stoflow.domain.page import LARGEST_ID

LONGEST_ID = 255
LONGEST_SKU = 255
LONGEST_TEXT = 2_000  # in bytes: with its ids a row stays on one page, since what is observed has no TOAST
LONGEST_CURRENCY = 10
LARGEST_AMOUNT = Decimal(10) ** 10  # below it; as the columns hold
CENT = Decimal("0.01")
NAME_SHOWN = 80


def keepable(done: Done) -> Done:
    """Return the same without what cannot be kept, which the output names under `unread`."""
    match done.seen:
        case ListingsSeen() as seen:
            kept = tuple(_listing(each) for each in seen.listings if is_id(each.external_id))
            odd = [each.external_id for each in seen.listings if not is_id(each.external_id)]
            return _naming(done, odd, replace(seen, listings=kept, gone=tuple(filter(is_id, seen.gone))))
        case OrdersSeen() as seen:
            orders = tuple(_order(each) for each in seen.orders if _is_order(each))
            odd = [each.external_id for each in seen.orders if not _is_order(each)]
            return _naming(done, odd, replace(seen, orders=orders))
        case None:
            return done


def is_id(text: object) -> bool:
    """Say whether this can name a thing: some text, short enough for an index."""
    return isinstance(text, str) and 0 < len(text) <= LONGEST_ID and text == storable_text(text)


def _is_order(order: Order) -> bool:
    lines = all(len(line.line_id) <= LONGEST_ID and len(line.listing_id) <= LONGEST_ID for line in order.lines)
    return is_id(order.external_id) and lines


def _naming(done: Done, odd: list[str], seen: ListingsSeen | OrdersSeen) -> Done:
    if not odd:
        return replace(done, seen=seen)
    why = "Its id is none, or too long to be one."
    named = [{"name": storable_text(str(each))[:NAME_SHOWN], "reason": why} for each in odd]
    output: Mapping[str, Any] = {**done.output, "unread": [*done.output.get("unread", ()), *named]}
    return replace(done, seen=seen, output=output)


def _listing(listing: ObservedListing) -> ObservedListing:
    return replace(
        listing,
        title=_text(listing.title),
        price=_amount(listing.price),
        currency=_text(listing.currency)[:LONGEST_CURRENCY],
        quantity=_count(listing.quantity),
        url=_text(listing.url),
        sku=_text(listing.sku)[:LONGEST_SKU],
        product=_product(listing.product),
    )


def _order(order: Order) -> Order:
    return replace(
        order,
        lines=tuple(map(_line, order.lines)),
        total=_amount(order.total),
        currency=_text(order.currency)[:LONGEST_CURRENCY],
    )


def _line(line: OrderLine) -> OrderLine:
    return replace(
        line,
        line_id=_text(line.line_id),
        listing_id=_text(line.listing_id),
        quantity=_count(line.quantity),
        title=_text(line.title),
        sku=_text(line.sku)[:LONGEST_SKU],
        amount=_amount(line.amount),
        product=_product(line.product),
    )


def _text(text: str) -> str:
    return storable_text(text).encode()[:LONGEST_TEXT].decode(errors="ignore")


def _count(number: int) -> int:
    return max(0, min(number, LARGEST_ID))


def _product(number: int | None) -> int | None:
    return number if number is not None and 0 < number <= LARGEST_ID else None


def _amount(amount: Decimal | None) -> Decimal | None:
    if amount is None or not amount.is_finite() or abs(amount) >= LARGEST_AMOUNT - CENT:
        return None
    return amount.quantize(CENT, ROUND_HALF_UP)
