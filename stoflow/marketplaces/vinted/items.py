"""A thing in a member's wardrobe, in StoFlow's words."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from stoflow.domain.account import Account
from stoflow.domain.observed import ListingState, ObservedListing
from stoflow.marketplaces.outputs import text_in

DEFAULT_DOMAIN = "www.vinted.fr"
PIECES = 1  # of every listing there
SOLD = "sold"  # what Vinted says closed an item; it may close one for other reasons, of which none is known
# Each keeps buyers away. A reserved item they find, but only the one it is kept for can buy it, and Vinted no longer
# shows it to its owner for editing: for everybody else, and for an update, it is not for sale.
NOT_FOR_SALE = ("is_draft", "is_closed", "is_reserved", "is_hidden")

Item = Mapping[str, Any]


def state_of(item: Item) -> ListingState:
    """Return what buyers can do with an item, as the wardrobe or the page for editing shows it."""
    if text_in(item, "item_closing_action") == SOLD:
        return ListingState.SOLD
    return ListingState.HIDDEN if any(item.get(flag) for flag in NOT_FOR_SALE) else ListingState.FOR_SALE


def seen_listing(account: Account, listing_id: str, item: Item) -> ObservedListing:
    """Return an item as seen; Vinted has no SKU that would name its product."""
    state = state_of(item)
    return ObservedListing(
        external_id=listing_id,
        state=state,
        title=text_in(item, "title"),
        price=amount_in(item),
        currency=text_in(item, "price", "currency_code") or text_in(item, "currency"),
        quantity=0 if state is ListingState.SOLD else PIECES,
        url=address_of(account, listing_id, item),
    )


def address_of(account: Account, listing_id: str, item: Item) -> str:
    """Return where buyers find an item: its own `url`, else the one its id makes on the member's site."""
    domain = account.settings.get("domain") or DEFAULT_DOMAIN
    return text_in(item, "url") or f"https://{domain}/items/{listing_id}"


def amount_in(thing: Item) -> Decimal | None:
    """Return the price of an item or an order: Vinted writes {"amount": "12.0"}, or a number."""
    try:
        amount = Decimal(text_in(thing, "price", "amount") or text_in(thing, "price"))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
