"""Going through an Etsy shop: the listings of each state, page by page, then by its id each one that none showed."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from html import unescape
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Request
from stoflow.domain.ids import TenantId
from stoflow.domain.observed import ListingsSeen, ListingState, ObservedListing
from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.etsy.batches import ById, read_inventories, read_listings
from stoflow.marketplaces.etsy.clients.listing import Order, ShopAssociation, SortedBy, State, get_listings_by_shop
from stoflow.marketplaces.etsy.lists import LAST_OFFSET, PAGE_SIZE, Item, Page, items_in, read_page
from stoflow.marketplaces.etsy.mapping import product_in
from stoflow.marketplaces.etsy.money import amount_in
from stoflow.marketplaces.etsy.states import MEANING
from stoflow.marketplaces.outputs import id_in, text_in
from stoflow.marketplaces.paging import after_confirming, after_page, missing_listings, read_each, unknown_state, unread
from stoflow.marketplaces.replies import reply_of

STATES: tuple[State, ...] = ("active", "inactive", "sold_out", "expired")
"""What is gone through, in this order: what sells meanwhile is met again among the sold. Drafts are nobody's but
their maker's."""
WITH_SKU: ShopAssociation = "Inventory"
"""A listing's SKU is in its inventory only, which comes along where the listings of a shop are asked for."""

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
        listings, odd = read_each(page.items, partial(_seen, tenant=attempt.tenant), "listing_id")
        named = {"next": follows, "unread": odd, **_unknown_states(page.items)}
        output = {name: said for name, said in named.items() if said}
        return Done(output, seen=ListingsSeen(then, listings, complete=follows is None))

    def confirm(self, attempt: Attempt) -> Conversation:
        """Ask for the missing listings by their ids; which Etsy has not are gone. Outputs: `gone`, `unread`."""
        missing = {str(each["external_id"]): each for each in missing_listings(attempt)}
        found = yield from read_listings(list(missing))
        if not isinstance(found, ById):
            return found
        skus = {each: str(missing[each].get("sku") or "") for each in found.shown}
        inventories = yield from read_inventories([each for each, sku in skus.items() if not sku])
        if not isinstance(inventories, ById):
            return inventories
        stock = {each: _only(sku) for each, sku in skus.items() if sku} | inventories.shown
        listings = [{**shown, "inventory": stock.get(each, {}).get("inventory")} for each, shown in found.shown.items()]
        then = after_confirming(attempt, then="save")
        seen, odd = read_each(listings, partial(_seen, tenant=attempt.tenant), "listing_id")
        output = {**_named(found, odd), **_unknown_states(listings)}
        return Done(output, seen=ListingsSeen(then, seen, gone=tuple(found.gone)))


def _only(sku: str) -> Item:
    """Return the inventory of a listing of which nothing but its SKU is known, as of one seen before."""
    return {"inventory": {"products": [{"sku": sku}]}}


def _named(found: ById, odd: Sequence[Mapping[str, str]]) -> Item:
    named = {"gone": found.gone, "unread": [*(unread(each, why) for each, why in found.refused.items()), *odd]}
    return {name: listed for name, listed in named.items() if listed}


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


def _seen(listing: Item, tenant: TenantId) -> ObservedListing | None:
    """Return a listing that says which one it is; in a state that nobody knows, buyers may not see it."""
    external_id, state = id_in(listing, "listing_id"), text_in(listing, "state")
    return _listing(listing, external_id, MEANING.get(state, ListingState.HIDDEN), tenant) if state else None


def _unknown_states(listings: Iterable[Any]) -> Item:
    """Return the output that names listings in states StoFlow has no word for, none where there are none."""
    said = ((text_in(listing, "listing_id"), text_in(listing, "state")) for listing in listings)
    named = [unknown_state(listing_id, state) for listing_id, state in said if state and state not in MEANING]
    return {"unknown_states": named} if named else {}


def _listing(listing: Item, external_id: str, state: ListingState, tenant: TenantId) -> ObservedListing:
    sku = _sku(listing, tenant)
    return ObservedListing(
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
