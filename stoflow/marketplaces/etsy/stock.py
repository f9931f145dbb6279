"""Etsy's inventory of a listing, read and made ready to be put back."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import FieldError, Refused
from stoflow.marketplaces.etsy.money import amount_in
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.revision import laid_over, says

OF_INVENTORY = ("price_on_property", "quantity_on_property", "sku_on_property", "readiness_state_on_property")
OF_PROPERTY = ("property_id", "value_ids", "scale_id", "property_name", "values")
"""What updateListingInventory takes back of what getListingInventory shows."""

Item = Mapping[str, Any]


def changed_inventory(body: Any, wanted: Item, sku: str) -> Item | Refused | None:
    """Return the inventory to put: what is there, with the one product of `wanted` in it; None where nothing differs.

    A listing the seller gave variations has more products: ours is told by its SKU, and the others stay.
    """
    there = cast("Item", body) if isinstance(body, Mapping) else {}
    products = [_as_written(product) for product in cast("Sequence[Item]", there.get("products") or ())]
    ours = [number for number, product in enumerate(products) if product["sku"] == sku or len(products) == 1]
    if len(ours) != 1:
        message = "The listing has variations on Etsy, none of which is StoFlow's."
        return Refused(message, (FieldError("listing", message),))
    mine, (said,) = products[ours[0]], wanted["products"]
    if len(mine["offerings"]) == 1:
        offerings = [laid_over(mine["offerings"][0], said["offerings"][0])]
    else:
        offerings = said["offerings"]
    replaced = {**mine, "sku": said["sku"], "offerings": offerings}
    if says(mine, replaced):
        return None
    products[ours[0]] = replaced
    return {"products": products, **{name: there[name] for name in OF_INVENTORY if there.get(name) is not None}}


def no_more_than(inventory: Item, left: int | None) -> Item:
    """Return StoFlow's inventory with no more of the thing than are left of it; None where nothing is known of that."""
    if left is None:
        return inventory
    (said,) = inventory["products"]
    offerings = [{**offering, "quantity": min(offering["quantity"], left)} for offering in said["offerings"]]
    return {**inventory, "products": [{**said, "offerings": offerings}]}


def offered_in(attempt: Attempt) -> int:
    """Return how many of the product buyers can take, by what this job put."""
    (said,) = no_more_than(attempt.outputs["map"]["inventory"], left_of(attempt))["products"]
    return sum(int(offering["quantity"]) for offering in said["offerings"])


def left_of(attempt: Attempt) -> int | None:
    """Return how many were left of what is published again, None of what was not for sale."""
    return attempt.outputs.get("create", {}).get("left")


def _as_written(product: Item) -> dict[str, Any]:
    """Return a product as an update takes it: without its ids, its price as a number."""
    values = cast("Sequence[Item]", product.get("property_values") or ())
    offerings = cast("Sequence[Item]", product.get("offerings") or ())
    return {
        "sku": text_in(product, "sku"),
        "property_values": [{name: value[name] for name in OF_PROPERTY if name in value} for value in values],
        "offerings": [
            {
                "price": float(amount_in(offering.get("price")) or 0),
                "quantity": offering.get("quantity"),
                "is_enabled": offering.get("is_enabled"),
                "readiness_state_id": offering.get("readiness_state_id"),
            }
            for offering in offerings
        ],
    }
