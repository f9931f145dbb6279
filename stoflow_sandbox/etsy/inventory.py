"""Etsy's inventory of one listing: the only place where a SKU lives."""

from typing import Any

from stoflow_sandbox.calls import Answer, ReceivedCall
from stoflow_sandbox.etsy.errors import refusal
from stoflow_sandbox.etsy.listings import own_listing
from stoflow_sandbox.etsy.shop import Listing, Shop, money
from stoflow_sandbox.sellers import Numbers

SKU_LENGTH = 32
ON_PROPERTY = ("price_on_property", "quantity_on_property", "sku_on_property")
ONLY_SHOWN = frozenset({"product_id", "is_deleted"})  # a body copied from a GET must lose these first
ONLY_SHOWN_IN_OFFERING = frozenset({"offering_id", "is_deleted"})
OFFERING_REQUIRED = ("price", "quantity", "is_enabled", "readiness_state_id")


def replace_inventory(shop: Shop, call: ReceivedCall, numbers: Numbers) -> Answer:
    """updateListingInventory: full replacement."""
    listing = own_listing(shop, call)
    if call.media_type != "application/json" or not isinstance(call.json, dict):
        raise refusal(400, "Expected a body of type application/json")
    products = call.json.get("products")
    if not isinstance(products, list) or not products:
        raise refusal(400, "Missing required parameter: products")
    listing.products = [_product(product, shop, numbers) for product in products]
    listing.on_property = {name: list(call.json.get(name, [])) for name in ON_PROPERTY}
    _carry_over(listing, products)
    listing.changed_at = shop.now_s()
    return Answer(200, inventory_json(listing), effect=listing.effect())


def show_inventory(shop: Shop, call: ReceivedCall) -> Answer:
    """getListingInventory."""
    listing = own_listing(shop, call)
    if not listing.products:
        raise refusal(404, f"Could not find an Inventory for Listing with listing_id = {listing.listing_id}")
    return Answer(200, inventory_json(listing))


def _product(product: Any, shop: Shop, numbers: Numbers) -> dict[str, Any]:
    if not isinstance(product, dict):
        raise refusal(400, "Expected object value for 'products'")
    _refuse_shown(product.keys() & ONLY_SHOWN)
    sku = product.get("sku", "")
    if not isinstance(sku, str) or len(sku) > SKU_LENGTH:
        raise refusal(400, f"Invalid sku: it must be text of at most {SKU_LENGTH} characters.")
    offerings = product.get("offerings")
    if not isinstance(offerings, list) or not offerings:
        raise refusal(400, "Each product must have at least one offering.")
    return {
        "product_id": numbers.take(),
        "sku": sku,
        "is_deleted": False,
        "offerings": [_offering(offering, shop, numbers) for offering in offerings],
        "property_values": product.get("property_values", []),
    }


def _offering(offering: Any, shop: Shop, numbers: Numbers) -> dict[str, Any]:
    if not isinstance(offering, dict):
        raise refusal(400, "Expected object value for 'offerings'")
    _refuse_shown(offering.keys() & ONLY_SHOWN_IN_OFFERING)
    missing = [name for name in OFFERING_REQUIRED if name not in offering]
    if missing:
        raise refusal(400, f"Missing required parameter: {', '.join(missing)}")
    price = offering["price"]
    if isinstance(price, bool) or not isinstance(price, int | float):
        raise refusal(400, "Expected float value for 'price'")
    if not isinstance(offering["quantity"], int) or offering["quantity"] < 0:
        raise refusal(400, "Expected int value for 'quantity'")
    if offering["readiness_state_id"] != shop.readiness_state_id:
        raise refusal(400, "Invalid readiness_state_id: it does not belong to this shop.")
    return {
        "offering_id": numbers.take(),
        "quantity": offering["quantity"],
        "is_enabled": bool(offering["is_enabled"]),
        "is_deleted": False,
        "price": money(price, shop.currency),
        "readiness_state_id": offering["readiness_state_id"],
    }


def _refuse_shown(names: set[str]) -> None:
    if names:
        raise refusal(400, f"Unexpected parameter: {', '.join(sorted(names))}")


def _carry_over(listing: Listing, products: list[dict[str, Any]]) -> None:
    """The listing itself shows what its inventory says."""
    offerings = [offering for product in products for offering in product["offerings"]]
    listing.fields["quantity"] = sum(offering["quantity"] for offering in offerings)
    listing.fields["price"] = min(offering["price"] for offering in offerings)


def inventory_json(listing: Listing, *, with_skus: bool = True) -> dict[str, Any]:
    """Return an inventory as its owner sees it; nobody else sees the SKUs."""
    products = listing.products if with_skus else [{**product, "sku": ""} for product in listing.products]
    return {"products": products, **listing.on_property, "readiness_state_on_property": []}
