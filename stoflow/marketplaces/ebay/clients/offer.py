"""eBay's Inventory API: the offers of an item, and the listings they become."""

from stoflow.domain.call import JsonObject, Request

OFFERS = "/sell/inventory/v1/offer"


def get_offers(sku: str, *, marketplace_id: str = "", sales_format: str = "") -> Request:
    """Show the offers of a SKU, up to 100 of them; those of every site or format where none is named."""
    named = {"sku": sku, "marketplace_id": marketplace_id, "format": sales_format}
    return Request("GET", OFFERS, query={name: value for name, value in named.items() if value})


def get_offer(offer_id: str) -> Request:
    """Show one offer, with its listing where it is published."""
    return Request("GET", f"{OFFERS}/{offer_id}")


def create_offer(offer: JsonObject, *, language: str) -> Request:
    """Make an offer that buyers do not see yet: one for each SKU, site and format."""
    return Request("POST", OFFERS, headers={"Content-Language": language}, json=offer)


def update_offer(offer_id: str, offer: JsonObject, *, language: str) -> Request:
    """Put an offer whole, and with it the listing it may have."""
    return Request("PUT", f"{OFFERS}/{offer_id}", headers={"Content-Language": language}, json=offer)


def publish_offer(offer_id: str) -> Request:
    """Make an offer a listing that buyers see. The contract has no body, but eBay answers 411 to an empty one."""
    return Request("POST", f"{OFFERS}/{offer_id}/publish", json={})


def delete_offer(offer_id: str) -> Request:
    """Delete an offer, which ends its listing."""
    return Request("DELETE", f"{OFFERS}/{offer_id}")
