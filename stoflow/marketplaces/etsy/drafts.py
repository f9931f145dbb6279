"""Finding our own drafts in an Etsy shop by their marker, and taking orphans away."""

from collections.abc import Generator, Mapping
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Response
from stoflow.domain.outcome import Broken, Done, Outcome
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.etsy.clients.listing import delete_listing, get_listings_by_shop
from stoflow.marketplaces.etsy.lists import PAGE_SIZE, Page, read_page
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import NOT_FOUND, is_success, reply_of

MOST_PAGES = 500


def find_draft(attempt: Attempt) -> Generator[Call, Response, str | Outcome]:
    """Return the id of the draft whose description is the marker, "" where no page has it, or why Etsy cannot tell.

    Pages can repeat a listing or shift under the reader, so the whole list is read until the marker shows.
    """
    if not attempt.marker:
        return Broken("A look for a draft needs the marker it was made with.")
    shop, seen = attempt.account.external_id, set[str]()
    for page in range(MOST_PAGES):
        asked = get_listings_by_shop(shop, state="draft", limit=PAGE_SIZE, offset=page * PAGE_SIZE)
        shown = read_page(reply_of((yield asked)))
        if not isinstance(shown, Page):
            return shown
        for listing in shown.items:
            if _carries(listing, attempt.marker):
                return text_in(listing, "listing_id")
        seen |= {text_in(listing, "listing_id") for listing in shown.items}
        if len(shown.items) < PAGE_SIZE or len(seen) >= shown.count:
            return ""
    return Broken("The shop has more drafts than StoFlow can look through.")


def collect_orphan(attempt: Attempt) -> Generator[Call, Response, Outcome]:
    """Delete the draft that carries the marker, unless it is the chosen one; no other is ever touched."""
    found = yield from find_draft(attempt)
    if not isinstance(found, str):
        return found
    if not found or found == attempt.listing_id:
        return Done()
    reply = reply_of((yield delete_listing(found)))
    if is_success(reply) or reply.status == NOT_FOUND:
        return Done({"deleted": found})
    return failures.outcome_of(reply, unsafe=False)


def _carries(listing: Mapping[str, Any], marker: str) -> bool:
    return text_in(listing, "description").strip() == marker and text_in(listing, "state") in {"", "draft"}
