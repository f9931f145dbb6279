"""eBay's Inventory API: the items a seller has, each under its SKU."""

from urllib.parse import quote

from stoflow.domain.call import JsonObject, Request

ITEMS = "/sell/inventory/v1/inventory_item"


def get_inventory_items(*, limit: int, page: int) -> Request:
    """Show a page of items, 1 to 200 on each; eBay calls the page's number, from 0, the offset."""
    return Request("GET", ITEMS, query={"limit": str(limit), "offset": str(page)})


def get_inventory_item(sku: str) -> Request:
    """Show one item."""
    return Request("GET", _item(sku))


def create_or_replace_inventory_item(sku: str, item: JsonObject, *, language: str) -> Request:
    """Put an item whole: what it said before and does not say now is lost."""
    return Request("PUT", _item(sku), headers={"Content-Language": language}, json=item)


def _item(sku: str) -> str:
    return f"{ITEMS}/{quote(sku, safe='')}"  # a seller's own SKU may hold any sign
