"""eBay's listings as StoFlow sees them: an item, and an offer of it that is published."""

from collections.abc import Generator

from stoflow.domain.call import Call, Response
from stoflow.domain.ids import TenantId
from stoflow.domain.observed import ListingState, ObservedListing
from stoflow.domain.outcome import Outcome
from stoflow.marketplaces.ebay.clients.offer import get_offers
from stoflow.marketplaces.ebay.mapping import product_in
from stoflow.marketplaces.ebay.offers import has_ended, published_listing
from stoflow.marketplaces.ebay.reading import ListPage, Shown, amount_in, list_page, whole_in
from stoflow.marketplaces.ebay.sites import sites
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import reply_of

ACTIVE = "ACTIVE"
OUT_OF_STOCK = "OUT_OF_STOCK"
STATUSES = frozenset({ACTIVE, OUT_OF_STOCK, "INACTIVE", "ENDED", "EBAY_ENDED", "NOT_LISTED"})


def read_offers(sku: str) -> Generator[Call, Response, ListPage | Outcome]:
    """Return the offers of a SKU: one, or two where it is also auctioned, on whichever site."""
    return list_page(reply_of((yield get_offers(sku))), "offers")


def unknown_status(offer: Shown) -> str:
    """Return the status of a listing that StoFlow has no word for, else ""."""
    return "" if _status(offer) in STATUSES else _status(offer)


def is_gone(item: Shown, offer: Shown) -> bool:
    """Say whether a listing ended without having been sold."""
    return has_ended(offer) and _state(offer, _left(item, offer)) is not ListingState.SOLD


def state_of(offer: Shown) -> ListingState:
    """Return what buyers see of the listing of a published offer, as far as the offer alone tells."""
    return _state(offer, _left({}, offer))


def left_of(offer: Shown) -> int | None:
    """Return how many a published offer says that buyers can have; None where it does not say."""
    return whole_in(offer, "availableQuantity")


def seen_listing(item: Shown, offer: Shown, tenant: TenantId) -> ObservedListing:
    """Return the listing of a published offer."""
    sku, left = text_in(item, "sku"), _left(item, offer)
    listing_id = published_listing(offer)
    return ObservedListing(
        external_id=listing_id,
        state=_state(offer, left),
        title=text_in(item, "product", "title"),
        price=amount_in(offer, "pricingSummary", "price"),
        currency=text_in(offer, "pricingSummary", "price", "currency"),
        quantity=left,
        url=_url(offer, listing_id),
        sku=sku,
        product=product_in(sku, tenant),
    )


def _left(item: Shown, offer: Shown) -> int:
    """Return how many a buyer can have: eBay offers the lesser of what the item and the offer say."""
    stock = whole_in(item, "availability", "shipToLocationAvailability", "quantity")
    offered = whole_in(offer, "availableQuantity")
    told = (number for number in (stock, offered) if number is not None)
    return min(told, default=int(_status(offer) == ACTIVE))


def _state(offer: Shown, left: int) -> ListingState:
    """Return what buyers see of it: sold is what somebody bought and nobody can buy any more."""
    if has_ended(offer) or _status(offer) == OUT_OF_STOCK or not left:
        is_sold = not left and whole_in(offer, "listing", "soldQuantity")
        return ListingState.SOLD if is_sold else ListingState.HIDDEN
    is_shown = _status(offer) == ACTIVE and not offer["listing"].get("listingOnHold")
    return ListingState.FOR_SALE if is_shown else ListingState.HIDDEN


def _status(offer: Shown) -> str:
    return text_in(offer, "listing", "listingStatus")


def _url(offer: Shown, listing_id: str) -> str:
    site = sites().get(text_in(offer, "marketplaceId"))
    return f"https://www.{site['domain']}/itm/{listing_id}" if site else ""
