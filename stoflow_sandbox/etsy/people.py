"""What happens on Etsy behind StoFlow's back: buyers buy, and the seller is at work in Etsy's own pages."""

from collections.abc import Callable, Mapping
from typing import Any

from stoflow.domain.errors import InputError
from stoflow.domain.outcome import FieldError
from stoflow_sandbox.calls import Effect, Refusal
from stoflow_sandbox.etsy.fields import changed_fields
from stoflow_sandbox.etsy.shop import Listing, Receipt, Shop, money
from stoflow_sandbox.sellers import Numbers

EDITABLE = ("title", "price")
ENDED = ("deleted", "inactive", "expired")
"""What an ended listing is: gone, or there and shown to nobody."""
SALES: Mapping[str, Mapping[str, Any]] = {
    "paid": {"status": "paid"},
    "unpaid": {"status": "open", "is_paid": False},
    "shipped": {"status": "completed", "is_shipped": True},
    "cancelled": {"status": "canceled"},
    "refunded": {"status": "fully refunded"},
}
"""What a receipt says of a sale in each state."""
DAY_S = 86_400

Wishes = Mapping[str, Any]


def behave(shop: Shop, act: str, wishes: Wishes, numbers: Numbers) -> Effect:
    """Do one act to the listing that `wishes["listing_id"]` names."""
    if act not in ACTS:
        raise _wrong("act", f"`act` is one of {', '.join(ACTS)}.")
    number = str(wishes.get("listing_id", ""))
    listing = shop.listings.get(int(number)) if number.isdecimal() else None
    if listing is None:
        raise _wrong("listing_id", f"Etsy has no listing {number} of this seller.")
    ACTS[act](shop, listing, wishes, numbers)
    listing.changed_at = shop.now_s()
    return listing.effect()


def _sell(shop: Shop, listing: Listing, wishes: Wishes, numbers: Numbers) -> None:
    """A buyer takes `quantity` of them; the receipt is in `state` and `days_ago` days old."""
    quantity, state = wishes.get("quantity", 1), wishes.get("state", "paid")
    left = int(listing.fields["quantity"]) if listing.state == "active" else 0
    if not isinstance(quantity, int) or not 1 <= quantity <= left:
        raise _wrong("quantity", f"A buyer can have 1 to {left} of listing {listing.listing_id}.")
    if state not in SALES:
        raise _wrong("state", f"A sale is {', '.join(SALES)}.")
    receipt = _receipt(shop, listing, quantity, wishes, numbers)
    shop.receipts[receipt.receipt_id] = receipt
    listing.take(quantity)
    listing.state = "active" if quantity < left else "sold_out"


def _receipt(shop: Shop, listing: Listing, quantity: int, wishes: Wishes, numbers: Numbers) -> Receipt:
    time = shop.now_s() - int(DAY_S * wishes.get("days_ago", 0))
    return Receipt(
        receipt_id=numbers.take(),
        transaction_id=numbers.take(),
        listing_id=listing.listing_id,
        title=str(listing.fields["title"]),
        sku=listing.sku,
        product_id=next((product["product_id"] for product in listing.products), None),
        quantity=quantity,
        price=float(listing.fields["price"]),
        created_at=time,
        changed_at=time,
        **SALES[wishes.get("state", "paid")],
    )


def _edit(shop: Shop, listing: Listing, wishes: Wishes, numbers: Numbers) -> None:  # noqa: ARG001  # every act takes all
    """The seller writes another `title` or `price`."""
    wanted = {name: str(wishes[name]) for name in EDITABLE if name in wishes}
    if not wanted:
        raise _wrong("title", "An edit changes the title or the price.")
    for name, text in wanted.items():
        try:
            listing.fields.update(changed_fields({name: text}, shop))
        except Refusal as refusal:
            raise _wrong(name, f"Etsy does not take the {name} {text}: {refusal.answer.body}.") from None
    if "price" in wanted:
        listing.set_price(money(listing.fields["price"], shop.currency))


def _delete(shop: Shop, listing: Listing, wishes: Wishes, numbers: Numbers) -> None:  # noqa: ARG001  # as above
    """The seller, or the calendar, ends the listing; `state` says what it then is."""
    state = wishes.get("state", ENDED[0])
    if state not in ENDED:
        raise _wrong("state", f"An ended listing is {', '.join(ENDED)}.")
    listing.state = state
    if state == ENDED[0]:
        del shop.listings[listing.listing_id]


ACTS: Mapping[str, Callable[[Shop, Listing, Wishes, Numbers], None]] = {
    "sell": _sell,
    "edit": _edit,
    "delete": _delete,
}


def _wrong(field: str, message: str) -> InputError:
    return InputError(message, (FieldError(field, message),))
