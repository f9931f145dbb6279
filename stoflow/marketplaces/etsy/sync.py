"""Going through an Etsy shop: the listings of each state, page by page, then by its id each one that none showed."""

from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Request
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import Done
from stoflow.domain.seen import ListingsSeen, ListingState, SeenListing
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.etsy.clients.listing import (
    Association,
    Order,
    SortedBy,
    State,
    get_listing,
    get_listings_by_shop,
)
from stoflow.marketplaces.etsy.lists import LAST_OFFSET, PAGE_SIZE, Item, Page, items_in, read_page
from stoflow.marketplaces.etsy.mapping import product_in
from stoflow.marketplaces.etsy.money import amount_in
from stoflow.marketplaces.etsy.states import MEANING
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.paging import after_confirming, after_page, is_about_one, missing_listings, unread
from stoflow.marketplaces.replies import NOT_FOUND, is_success, reply_of

STATES: tuple[State, ...] = ("active", "inactive", "sold_out", "expired")
"""What is gone through, in this order: what sells meanwhile is met again among the sold. Drafts are nobody's but
their maker's."""
WITH_SKU: Association = "Inventory"
"""A listing's SKU is in its inventory only."""

SHOWN_AT_MOST = LAST_OFFSET + PAGE_SIZE
Way = tuple[SortedBy, Order]
WAYS: tuple[Way, ...] = (("created", "desc"), ("created", "asc"), ("price", "asc"), ("price", "desc"))
"""How a state is gone through, of which Etsy shows only the first in each order: from its two ends, and where they do
not meet by price as well. The first is Etsy's own."""

Place = Mapping[str, Any]


class EtsySync:
    """One method per task."""

    def page(self, attempt: Attempt) -> Conversation:
        """Ask for one page of one state. Output: `next`, the place where the page after it begins."""
        place = _place(attempt)
        page = read_page(reply_of((yield _asked(attempt, place))))
        if not isinstance(page, Page):
            return page
        follows = _place_after(place, page)
        then = after_page(attempt, more=follows is not None, then="confirm:1")
        listings = tuple(_seen(page.items, attempt.tenant))
        output = {"next": follows} if follows else {}
        return Done(output, seen=ListingsSeen(then, listings, complete=follows is None))

    def confirm(self, attempt: Attempt) -> Conversation:
        """Ask for each missing listing by its id; where Etsy has none it is gone."""
        found, gone, refused = list[Any](), list[str](), list[Mapping[str, str]]()
        for missing in missing_listings(attempt):
            listing_id = str(missing["external_id"])
            reply = reply_of((yield get_listing(listing_id, includes=WITH_SKU)))
            outcome = failures.outcome_of(reply, unsafe=False)
            if reply.status == NOT_FOUND:
                gone.append(listing_id)
            elif is_success(reply):
                found.append(reply.body)
            elif is_about_one(outcome):
                refused.append(unread(listing_id, outcome))
            else:
                return outcome
        then = after_confirming(attempt, then="save")
        output = {"unread": refused} if refused else {}
        return Done(output, seen=ListingsSeen(then, tuple(_seen(found, attempt.tenant)), gone=tuple(gone)))


def _place(attempt: Attempt) -> Place:
    """Return where this page begins: the page before has said it."""
    if attempt.index == 1:
        return {"state": STATES[0], "offset": 0}
    return attempt.outputs[f"page:{attempt.index - 1}"]["next"]


def _place_after(place: Place, page: Page) -> Place | None:
    """Return where the next page begins: behind this one, from another end, or with the next state; None behind the
    last."""
    offset, way = page.next_offset(place["offset"]), place.get("way", 0)
    if offset is not None and offset <= _last_offset(page.count, way):
        return {**place, "offset": offset}
    if way + 1 < _ways(page.count):
        return {"state": place["state"], "offset": 0, "way": way + 1}
    left = STATES[STATES.index(place["state"]) + 1 :]
    return {"state": left[0], "offset": 0} if left else None


def _ways(count: int) -> int:
    """Return in how many ways a list so long is gone through."""
    if count <= SHOWN_AT_MOST:
        return 1
    return 2 if count <= 2 * SHOWN_AT_MOST else len(WAYS)


def _last_offset(count: int, way: int) -> int:
    """Return where the last page of a way may begin; the way back ends where it meets what was seen on the way."""
    meets = way == 1 and _ways(count) == 2  # noqa: PLR2004  from both ends
    return min(LAST_OFFSET, count - SHOWN_AT_MOST) if meets else LAST_OFFSET


def _asked(attempt: Attempt, place: Place) -> Request:
    """Return the call for a page. Etsy's own order is not asked for: it is what every shop has always been read in."""
    way = WAYS[place["way"]] if place.get("way") else None
    return get_listings_by_shop(
        attempt.account.external_id,
        state=place["state"],
        limit=PAGE_SIZE,
        offset=place["offset"],
        includes=WITH_SKU,
        sort=way,
    )


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
