"""Finding the one offer that eBay keeps for a SKU on a site."""

from collections.abc import Generator, Mapping
from typing import Any, cast

from stoflow.domain.call import Call, Reply, Response
from stoflow.domain.outcome import Outcome
from stoflow.marketplaces.ebay import failures
from stoflow.marketplaces.ebay.clients.offer import get_offers
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import is_success, reply_of
from stoflow.marketplaces.revision import laid_over

FIXED_PRICE = "FIXED_PRICE"
PUBLISHED, UNPUBLISHED = "PUBLISHED", "UNPUBLISHED"
OFFER_KEY = frozenset({"sku", "marketplaceId", "format"})
SHOWN = frozenset({"offerId", "status", "listing"})
"""What eBay shows of an offer and does not take back."""
ENDED = frozenset({"ENDED", "EBAY_ENDED"})
"""The status of a listing that will not come back: what is published anew has another id."""


def offer_to_put(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the whole offer to put: what is there with all that `wanted` says, as a put without a field erases it."""
    current = {name: value for name, value in without_key(there).items() if name not in SHOWN}
    return laid_over(current, without_key(wanted))


def without_key(offer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an offer as an update takes it: what eBay keeps unique is not named again."""
    return {name: value for name, value in offer.items() if name not in OFFER_KEY}


def published_listing(offer: Any) -> str:
    """Return the listing of an offer, "" while it is not published."""
    return "" if text_in(offer, "status") == UNPUBLISHED else text_in(offer, "listing", "listingId")


def has_ended(offer: Any) -> bool:
    """Say whether the listing of an offer ended although the offer is still published."""
    return text_in(offer, "listing", "listingStatus") in ENDED


def standing_listing(offer: Any) -> str:
    """Return the listing of an offer, "" where it has none or the one it has ended."""
    return "" if has_ended(offer) else published_listing(offer)


def find_offer(sku: str, marketplace_id: str) -> Generator[Call, Response, str | Outcome]:
    """Return the id of the SKU's fixed-price offer on the site, "" where there is none, or why eBay cannot tell."""
    found = yield from read_offer(sku, marketplace_id)
    return text_in(found, "offerId") if isinstance(found, Mapping) else found


def read_offer(sku: str, marketplace_id: str) -> Generator[Call, Response, Mapping[str, Any] | Outcome]:
    """Return the SKU's fixed-price offer on the site, empty where there is none, or why eBay cannot tell.

    eBay keeps SKU, site and format unique, and answers 404 instead of an empty list.
    """
    key = {"sku": sku, "marketplaceId": marketplace_id, "format": FIXED_PRICE}
    reply = reply_of((yield get_offers(sku, marketplace_id=marketplace_id, sales_format=FIXED_PRICE)))
    if failures.says_gone(reply):
        return {}
    if not is_success(reply):
        return failures.outcome_of(reply, unsafe=False)
    same = (offer for offer in _offers(reply) if all(offer.get(name, value) == value for name, value in key.items()))
    return next(same, {})


def _offers(reply: Reply) -> list[Mapping[str, Any]]:
    body = cast("Mapping[str, Any]", reply.body) if isinstance(reply.body, Mapping) else {}
    return cast("list[Mapping[str, Any]]", body.get("offers") or [])
