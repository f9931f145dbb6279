"""Going through a member's wardrobe: what is for sale, what was sold, what buyers cannot have, and what is gone."""

from collections.abc import Generator, Mapping, Sequence

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Response
from stoflow.domain.observed import ListingsSeen
from stoflow.domain.outcome import Done, Outcome
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.paging import after_confirming, after_page, is_about_one, missing_listings
from stoflow.marketplaces.vinted.items import Item, seen_listing
from stoflow.marketplaces.vinted.pages import Page
from stoflow.marketplaces.vinted.wardrobe import find_items, is_draft, own_item, show_page

Items = Mapping[str, Item]


class VintedSync:
    """One method per task."""

    def page(self, attempt: Attempt) -> Conversation:
        """Record one page of the wardrobe. Drafts are left out: nobody has listed them yet."""
        page = yield from show_page(attempt, attempt.index)
        if not isinstance(page, Page):
            return page
        items = {text_in(item, "id"): item for item in page.entries if text_in(item, "id") and not is_draft(item)}
        return _seen(attempt, items, after_page(attempt, more=not page.is_last, then="confirm:1"), last=page.is_last)

    def confirm(self, attempt: Attempt) -> Conversation:
        """Ask for what no page showed. Vinted has no page for editing what was sold, is reserved or is gone: which of
        them it is, the wardrobe says."""
        asked = [str(each["external_id"]) for each in missing_listings(attempt)]
        shown = yield from _editable(asked)
        if not isinstance(shown, Mapping):
            return shown
        unshown = [listing_id for listing_id in asked if listing_id not in shown]
        found = (yield from find_items(attempt, unshown)) if unshown else {}
        if not isinstance(found, Mapping):
            return found
        gone = tuple(listing_id for listing_id in unshown if listing_id not in found)
        return _seen(attempt, {**shown, **found}, after_confirming(attempt, then="save"), gone=gone)


def _editable(asked: Sequence[str]) -> Generator[Call, Response, Items | Outcome]:
    """Return those of these items that their owner could edit, or why Vinted cannot tell."""
    shown: dict[str, Item] = {}
    for listing_id in asked:
        item = yield from own_item(listing_id)
        if isinstance(item, Mapping):
            shown[listing_id] = item
        elif item is not None and not is_about_one(item):  # the wardrobe says what became of it
            return item
    return shown


def _seen(attempt: Attempt, items: Items, then: str, *, gone: Sequence[str] = (), last: bool = False) -> Outcome:
    listings = tuple(seen_listing(attempt.account, listing_id, item) for listing_id, item in items.items())
    return Done(seen=ListingsSeen(then, listings, gone=tuple(gone), complete=last))
