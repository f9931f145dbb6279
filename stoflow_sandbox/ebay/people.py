"""What happens on eBay behind StoFlow's back: buyers buy, and the seller is at work in eBay's own pages."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from stoflow.domain.errors import InputError
from stoflow.domain.outcome import FieldError
from stoflow_sandbox.calls import Effect
from stoflow_sandbox.ebay.shop import Offer, Sale, Shop
from stoflow_sandbox.sellers import Numbers

SALE_STATES = ("paid", "unpaid", "shipped", "cancelled")
ENDED = ("UNPUBLISHED", "ENDED", "EBAY_ENDED")
"""Where ending a listing leaves its offer: which of them eBay chooses is not established, so the lever says it."""
PRICE = re.compile(r"\d{1,9}(\.\d{1,2})?")
DAY_S = 86_400

Wishes = Mapping[str, Any]


def behave(shop: Shop, act: str, wishes: Wishes, numbers: Numbers) -> Effect:
    """Do one act to the listing that `wishes["listing_id"]` names; InputError names the field at fault."""
    if act not in _ACTS:
        raise _wrong("act", f"`act` is one of {', '.join(_ACTS)}.")
    listing = str(wishes.get("listing_id", ""))
    offer = next((each for each in shop.offers.values() if listing and each.listing_id == listing), None)
    if offer is None or offer.ended:
        raise _wrong("listing_id", f"eBay has no listing {listing} of this seller.")
    return _ACTS[act](shop, offer, wishes, numbers)


def _sell(shop: Shop, offer: Offer, wishes: Wishes, numbers: Numbers) -> Effect:
    """A buyer takes `quantity` of them; the order is in `state` and `days_ago` days old."""
    quantity, state, days_ago = wishes.get("quantity", 1), wishes.get("state", "paid"), wishes.get("days_ago", 0)
    left = shop.available(offer)
    if not isinstance(quantity, int) or not 1 <= quantity <= left:
        raise _wrong("quantity", f"A buyer can have 1 to {left} of listing {offer.listing_id}.")
    if state not in SALE_STATES:
        raise _wrong("state", f"An order is {', '.join(SALE_STATES)}.")
    if not isinstance(days_ago, int | float) or days_ago < 0:
        raise _wrong("days_ago", "An order is a number of days old.")
    sale = _sale(shop, offer, wishes, numbers.take())
    shop.sales[sale.order_id] = sale
    shop.items[offer.sku]["availability"]["shipToLocationAvailability"]["quantity"] -= quantity
    if "availableQuantity" in offer.body:
        offer.body["availableQuantity"] -= quantity
    offer.sold += quantity
    return _effect(shop, offer, shop.listing_status(offer))


def _edit(shop: Shop, offer: Offer, wishes: Wishes, numbers: Numbers) -> Effect:  # noqa: ARG001  # every act takes all
    """The seller writes another `title` or `price`."""
    title, price = wishes.get("title"), wishes.get("price")
    if title is None and price is None:
        raise _wrong("title", "An edit changes the title or the price.")
    if price is not None and not PRICE.fullmatch(str(price)):
        raise _wrong("price", "A price is an amount such as 12.50.")
    if title is not None:
        shop.items[offer.sku]["product"]["title"] = str(title)
    if price is not None:
        offer.body["pricingSummary"]["price"]["value"] = str(price)
    return _effect(shop, offer, shop.listing_status(offer))


def _delete(shop: Shop, offer: Offer, wishes: Wishes, numbers: Numbers) -> Effect:  # noqa: ARG001  # as above
    """The seller, or eBay, ends the listing; `status` says how its offer then looks."""
    status = wishes.get("status", ENDED[0])
    if status not in ENDED:
        raise _wrong("status", f"An ended listing leaves its offer {', '.join(ENDED)}.")
    effect = _effect(shop, offer, "ENDED")
    if status == ENDED[0]:
        offer.listing_id = ""
    else:
        offer.ended = status
    return effect


_ACTS: Mapping[str, Callable[[Shop, Offer, Wishes, Numbers], Effect]] = {
    "sell": _sell,
    "edit": _edit,
    "delete": _delete,
}


def _sale(shop: Shop, offer: Offer, wishes: Wishes, number: int) -> Sale:
    price = offer.body["pricingSummary"]["price"]
    created_at = shop.clock() - DAY_S * wishes.get("days_ago", 0)
    return Sale(
        order_id=f"14-{number // 100_000:05d}-{number % 100_000:05d}",
        line_id=f"{number:014d}",
        offer_id=offer.offer_id,
        listing_id=offer.listing_id,
        sku=offer.sku,
        title=shop.title_of(offer.sku),
        quantity=wishes.get("quantity", 1),
        price=price["value"],
        currency=price["currency"],
        marketplace_id=offer.body["marketplaceId"],
        state=wishes.get("state", "paid"),
        created_at=created_at,
        changed_at=created_at,
    )


def _effect(shop: Shop, offer: Offer, state: str) -> Effect:
    return Effect(
        listing_id=offer.listing_id,
        sku=offer.sku,
        offer_id=offer.offer_id,
        state=state,
        title=shop.title_of(offer.sku),
    )


def _wrong(field: str, message: str) -> InputError:
    return InputError(message, (FieldError(field, message),))
