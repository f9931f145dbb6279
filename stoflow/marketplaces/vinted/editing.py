"""Vinted's item as its owner edits it: written as lists, read as single ids."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.marketplaces.outputs import text_in

Item = Mapping[str, Any]
SEEN = (
    "title",
    "description",
    "price",
    "currency",
    "catalog_id",
    "brand_id",
    "brand",
    "color_ids",
    "package_size_id",
    "item_attributes",
    "assigned_photos",
)
"""What is written that can be read back."""


def seen(item: Item) -> Item:
    """Return what of a body to be put can be read back, to be compared with `as_written`."""
    return {name: _in_order(name, item[name]) for name in SEEN if item.get(name) is not None}


def as_written(item: Item) -> Item:
    """Return what is read of an item in the words in which it is written."""
    colors = [item.get("color1_id"), item.get("color2_id")]
    found = {
        **{name: item.get(name) for name in SEEN},
        "brand": text_in(item, "brand_dto", "title"),
        "price": text_in(item, "price", "amount") or item.get("price"),
        "color_ids": [color for color in colors if color is not None],
        "item_attributes": list(_attributes(item).values()),
        "assigned_photos": [{"id": photo, "orientation": 0} for photo in _photos(item)],
    }
    return {name: _in_order(name, value) for name, value in found.items()}


def edited(there: Item, fields: Item, attempt: Attempt, photos: Sequence[int]) -> Item:
    """Return the whole item to be put: StoFlow's fields, and what only Vinted or its owner knows as it is.

    The size of the parcel stays as it is, unless the account says one. Photos the owner added follow ours.
    """
    unsaid = {name for name, value in fields.items() if value is None}
    if fields["brand"]:
        unsaid.discard("brand_id")  # a brand without an id would go under the id of the old one
    kept = {name: there[name] for name in unsaid if there.get(name) is not None}
    attributes = {**_attributes(there), **{each["code"]: each for each in fields["item_attributes"]}}
    ours = {photo.name for photo in attempt.listing_photos}
    added = [photo for photo in _photos(there) if ours and str(photo) not in ours and photo not in photos]
    parcel = attempt.account.settings.get("package_size_id") or there.get("package_size_id")
    return {
        **fields,
        **kept,
        "id": int(attempt.listing_id) if attempt.listing_id.isdigit() else attempt.listing_id,
        "package_size_id": int(parcel or fields["package_size_id"]),
        "item_attributes": list(attributes.values()),
        "assigned_photos": [{"id": photo, "orientation": 0} for photo in dict.fromkeys([*photos, *added])],
    }


def _attributes(item: Item) -> dict[str, Item]:
    """Return an item's attributes by code; size and condition are read as ids of their own too."""
    listed = cast("Sequence[Item]", item.get("item_attributes") or ())
    found: dict[str, Item] = {str(each["code"]): {"code": each["code"], "ids": each.get("ids")} for each in listed}
    for code, name in (("size", "size_id"), ("condition", "status_id")):
        if item.get(name) is not None:
            found[code] = {"code": code, "ids": [item[name]]}
    return found


def _photos(item: Item) -> list[int]:
    listed = cast("Sequence[Item]", item.get("photos") or ())
    return [photo["id"] for photo in listed if isinstance(photo.get("id"), int)]


def _in_order(name: str, value: Any) -> Any:
    """Attributes have no order."""
    return sorted(value, key=lambda each: each["code"]) if name == "item_attributes" else value
