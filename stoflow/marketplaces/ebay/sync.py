"""Seeing what a seller has on eBay: every item, page by page, with the offers of each."""

from collections.abc import Mapping
from functools import partial

from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import TenantId
from stoflow.domain.observed import ListingsSeen, ObservedListing
from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.ebay.clients.inventory import get_inventory_items
from stoflow.marketplaces.ebay.listings import is_gone, read_offers, seen_listing, unknown_status
from stoflow.marketplaces.ebay.mapping import sku_for
from stoflow.marketplaces.ebay.offers import published_listing
from stoflow.marketplaces.ebay.reading import ListPage, Shown, list_page
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.paging import (
    after_confirming,
    after_page,
    is_about_one,
    missing_listings,
    read_each,
    unknown_state,
    unread,
)
from stoflow.marketplaces.replies import reply_of

ITEMS_A_PAGE = 20
"""Each item costs a call for its offers, one after the other: 21 calls fit into the action's 300 s while eBay takes
14 s for each, and a page that was lost on its way is soon read again."""


class EbaySync:
    """One method per task; only listings made through the Inventory API are shown by it."""

    def page(self, attempt: Attempt) -> Conversation:
        """Read one page of items and the offers of each; an item that went in between has none.

        A listing that ended is gone, though its offer may still name it: published anew it is another. An item whose
        offers eBay refuses to show, as it does for SKUs of other tools, is named. Output: `unread`.
        """
        asked = get_inventory_items(limit=ITEMS_A_PAGE, page=attempt.index - 1)
        items = list_page(reply_of((yield asked)), "inventoryItems")
        if not isinstance(items, ListPage):
            return items
        seen, gone, refused = list[ObservedListing](), list[str](), list[Mapping[str, str]]()
        unknown = list[Mapping[str, str]]()
        for item in items.objects:
            if not text_in(item, "sku"):
                refused.append({"name": "an item without a SKU", "reason": "eBay cannot be asked for its offers."})
                continue
            offers = yield from read_offers(text_in(item, "sku"))
            if is_about_one(offers):
                refused.append(unread(text_in(item, "sku"), offers))
                continue
            if not isinstance(offers, ListPage):
                return offers
            published = [offer for offer in offers.objects if published_listing(offer)]
            read, odd = read_each([(item, offer) for offer in published], partial(_seen, tenant=attempt.tenant), "sku")
            gone += [each for each in read if isinstance(each, str)]
            seen += [each for each in read if not isinstance(each, str)]
            refused += [{**each, "name": text_in(item, "sku")} for each in odd]
            unknown += [
                unknown_state(published_listing(each), status) for each in published if (status := unknown_status(each))
            ]
        more = bool(items.objects) and attempt.index * ITEMS_A_PAGE < items.total
        then = after_page(attempt, more=more, then="confirm:1")
        named = {"unread": refused, "unknown_states": unknown}
        output = {name: listed for name, listed in named.items() if listed}
        return Done(output, seen=ListingsSeen(then, tuple(seen), tuple(gone), complete=not more))

    def confirm(self, attempt: Attempt) -> Conversation:
        """Ask for the offers of what no page showed: gone is a listing that none of them has any more."""
        gone, refused = list[str](), list[Mapping[str, str]]()
        for missing in missing_listings(attempt):
            sku = missing.get("sku") or sku_for(attempt.tenant, missing["product"])
            offers = yield from read_offers(sku)
            if is_about_one(offers):
                refused.append(unread(sku, offers))
                continue
            if not isinstance(offers, ListPage):
                return offers
            if missing["external_id"] not in map(published_listing, offers.objects):
                gone.append(missing["external_id"])
        output = {"unread": refused} if refused else {}
        return Done(output, seen=ListingsSeen(after_confirming(attempt, then="save"), gone=tuple(gone)))


def _seen(shown: tuple[Shown, Shown], tenant: TenantId) -> ObservedListing | str:
    """Return the listing of an item and its published offer, or the id of one that is gone."""
    item, offer = shown
    return published_listing(offer) if is_gone(item, offer) else seen_listing(item, offer, tenant)
