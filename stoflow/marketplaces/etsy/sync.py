"""Going through an Etsy shop: the listings of each state, page by page, then by its id each one that none showed."""

from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import Done
from stoflow.domain.seen import ListingsSeen, ListingState, SeenListing
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.etsy.clients.listing import Association, State, get_listing, get_listings_by_shop
from stoflow.marketplaces.etsy.lists import PAGE_SIZE, Item, Page, items_in, read_page
from stoflow.marketplaces.etsy.mapping import product_in
from stoflow.marketplaces.etsy.money import amount_in
from stoflow.marketplaces.etsy.states import MEANING
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.paging import after_confirming, after_page, missing_listings
from stoflow.marketplaces.replies import NOT_FOUND, is_success, reply_of

STATES: tuple[State, ...] = ("active", "inactive", "sold_out", "expired")
"""What is gone through, in this order: what sells meanwhile is met again among the sold. Drafts are nobody's but
their maker's."""
WITH_SKU: Association = "Inventory"
"""A listing's SKU is in its inventory only."""

Place = Mapping[str, Any]


class EtsySync:
    """One method per task."""

    def page(self, attempt: Attempt) -> Conversation:
        """Ask for one page of one state. Output: `next`, the place where the page after it begins."""
        place = _place(attempt)
        shop, state, offset = attempt.account.external_id, place["state"], place["offset"]
        asked = get_listings_by_shop(shop, state=state, limit=PAGE_SIZE, offset=offset, includes=WITH_SKU)
        page = read_page(reply_of((yield asked)))
        if not isinstance(page, Page):
            return page
        follows = _place_after(place, page)
        then = after_page(attempt, more=follows is not None, then="confirm:1")
        listings = tuple(_seen(page.items, attempt.tenant))
        output = {"next": follows} if follows else {}
        return Done(output, seen=ListingsSeen(then, listings, complete=follows is None))

    def confirm(self, attempt: Attempt) -> Conversation:
        """Ask for each missing listing by its id; where Etsy has none it is gone."""
        found, gone = list[Any](), list[str]()
        for missing in missing_listings(attempt):
            listing_id = str(missing["external_id"])
            reply = reply_of((yield get_listing(listing_id, includes=WITH_SKU)))
            if reply.status == NOT_FOUND:
                gone.append(listing_id)
            elif is_success(reply):
                found.append(reply.body)
            else:
                return failures.outcome_of(reply, unsafe=False)
        then = after_confirming(attempt, then="save")
        return Done(seen=ListingsSeen(then, tuple(_seen(found, attempt.tenant)), gone=tuple(gone)))


def _place(attempt: Attempt) -> Place:
    """Return where this page begins: the page before has said it."""
    if attempt.index == 1:
        return {"state": STATES[0], "offset": 0}
    return attempt.outputs[f"page:{attempt.index - 1}"]["next"]


def _place_after(place: Place, page: Page) -> Place | None:
    """Return where the next page begins, behind this one or with the next state; None behind the last."""
    offset = page.next_offset(place["offset"])
    if offset is not None:
        return {**place, "offset": offset}
    left = STATES[STATES.index(place["state"]) + 1 :]
    return {"state": left[0], "offset": 0} if left else None


def _seen(listings: Iterable[Any], tenant: TenantId) -> Iterator[SeenListing]:
    """Yield each listing that says which one it is, and is in a state StoFlow knows."""
    for listing in listings:
        external_id, state = text_in(listing, "listing_id"), MEANING.get(text_in(listing, "state"))
        if external_id and state:
            yield _listing(listing, external_id, state, tenant)


def _listing(listing: Item, external_id: str, state: ListingState, tenant: TenantId) -> SeenListing:
    sku = _sku(listing, tenant)
    return SeenListing(
        external_id=external_id,
        state=state,
        title=unescape(text_in(listing, "title")),  # Etsy shows it as HTML
        price=amount_in(listing.get("price")),
        currency=text_in(listing, "price", "currency_code"),
        quantity=int(text_in(listing, "quantity") or 0),
        url=text_in(listing, "url"),
        sku=sku,
        product=product_in(sku, tenant),
    )


def _sku(listing: Item, tenant: TenantId) -> str:
    """Return StoFlow's SKU where the listing has it: one with variations has several."""
    skus = [text_in(product, "sku") for product in items_in(listing.get("inventory"), "products")]
    return next((sku for sku in skus if product_in(sku, tenant)), next(filter(None, skus), ""))
