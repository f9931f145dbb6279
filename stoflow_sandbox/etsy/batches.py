"""Etsy's reads of up to a hundred listings at once: one id that there is not, and Etsy denies them all."""

from collections.abc import Iterator, Mapping
from typing import Any

from stoflow_sandbox.calls import Answer, ReceivedCall
from stoflow_sandbox.etsy.errors import refusal
from stoflow_sandbox.etsy.inventory import inventory_json
from stoflow_sandbox.etsy.listings import with_includes
from stoflow_sandbox.etsy.parameters import OF_ONE, includes_of
from stoflow_sandbox.etsy.shop import Listing, Shop

AT_MOST = 100

Found = tuple[Shop, Listing]


def show_batch(shops: Mapping[str, Shop], shop: Shop, call: ReceivedCall) -> Answer:
    """getListingsByListingIds."""
    includes = includes_of(call, OF_ONE)
    return _shown([with_includes(owner, listing, includes) for owner, listing in _asked_for(shops, shop, call)])


def show_inventories(shops: Mapping[str, Shop], shop: Shop, call: ReceivedCall) -> Answer:
    """getListingsInventoryByListingIds: of each listing its id and its inventory; of others' without their SKUs."""
    found = _asked_for(shops, shop, call)
    return _shown(
        [
            {"listing_id": listing.listing_id, "inventory": inventory_json(listing, with_skus=owner is shop)}
            for owner, listing in found
        ]
    )


def _asked_for(shops: Mapping[str, Shop], shop: Shop, call: ReceivedCall) -> list[Found]:
    """Return the listings that a call names, all of them or none; a shop may be wished for of which some are enough."""
    ids = _ids(call)
    found = {listing.listing_id: (owner, listing) for owner, listing in _seen_by(shops, shop)}
    if not shop.omits_unknown_listings and not found.keys() >= set(ids):
        raise refusal(404, "Resource not found")
    return [found[number] for number in ids if number in found]


def _seen_by(shops: Mapping[str, Shop], shop: Shop) -> Iterator[Found]:
    """Yield a seller's own listings, and those of others that buyers see."""
    for owner in shops.values():
        yield from ((owner, each) for each in owner.listings.values() if owner is shop or each.state == "active")


def _ids(call: ReceivedCall) -> list[int]:
    texts = [text.strip() for text in call.query.get("listing_ids", "").split(",")]
    wrong = next((text for text in texts if not text.isdecimal()), None)
    if wrong is not None:
        raise refusal(400, f"Expected int value for 'listing_ids' (got '{wrong}')")
    if len(texts) > AT_MOST:
        raise refusal(400, f"A maximum of {AT_MOST} listing_ids may be requested.")
    return list(dict.fromkeys(map(int, texts)))


def _shown(results: list[dict[str, Any]]) -> Answer:
    return Answer(200, {"count": len(results), "results": results})
