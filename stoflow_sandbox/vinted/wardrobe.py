"""What one Vinted member has: photos, drafts and items, which are the same thing before and after completion; sales."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stoflow_sandbox.calls import Effect
from stoflow_sandbox.clock import Clock
from stoflow_sandbox.vinted.trade import Conversation, Sale

MARKER = re.compile(r"[A-Za-z0-9_:.-]{8,80}")


@dataclass(slots=True)
class Item:
    """`fields` are what the member sent last; a draft is an item nobody else sees, a reserved one is kept for one."""

    item_id: int
    fields: dict[str, Any]
    is_draft: bool = True
    is_hidden: bool = False
    is_reserved: bool = False
    is_sold: bool = False
    marker: str = ""

    @property
    def state(self) -> str:
        """One word for the ledger."""
        if self.is_draft:
            return "draft"
        kept = {"sold": self.is_sold, "reserved": self.is_reserved, "hidden": self.is_hidden}
        return next((word for word, holds in kept.items() if holds), "active")

    @property
    def title(self) -> str:
        """The title the member wrote."""
        return str(self.fields.get("title") or "")

    @property
    def description(self) -> str:
        """The text the member wrote."""
        return str(self.fields.get("description") or "")

    def effect(self, state: str = "") -> Effect:
        """Return what the ledger should remember of it."""
        return Effect(listing_id=str(self.item_id), marker=self.marker, state=state or self.state, title=self.title)


@dataclass(slots=True)
class Wardrobe:
    """One member; sales are by transaction."""

    user_id: int
    login: str
    currency: str
    clock: Clock
    csrf_token: str = ""
    is_challenged: bool = False
    photos: dict[int, dict[str, Any]] = field(default_factory=dict[int, dict[str, Any]])
    items: dict[int, Item] = field(default_factory=dict[int, Item])
    sales: dict[int, Sale] = field(default_factory=dict[int, Sale])
    conversations: dict[int, Conversation] = field(default_factory=dict[int, Conversation])

    def photos_of(self, item: Item) -> list[dict[str, Any]]:
        """Return the photos given to an item, in its order."""
        return [self.photos[number] for number in photo_ids(item.fields) if number in self.photos]


def photo_ids(fields: Mapping[str, Any]) -> list[int]:
    """Return the ids of the photos a body gives: `assigned_photos`, or `photos` when a draft is completed."""
    given = fields.get("assigned_photos") or fields.get("photos") or []
    return [photo["id"] for photo in given if isinstance(photo, dict) and isinstance(photo.get("id"), int)]


def wardrobe_json(wardrobe: Wardrobe, item: Item) -> dict[str, Any]:
    """Return an item as the wardrobe lists it: without its description."""
    return {
        "id": item.item_id,
        "title": item.title,
        "price": price_json(wardrobe, item),
        "brand": item.fields.get("brand") or "",
        "size": "",
        "status": "",
        "is_closed": item.is_sold,
        "item_closing_action": "sold" if item.is_sold else None,
        "is_draft": item.is_draft,
        "is_reserved": item.is_reserved,
        "is_hidden": item.is_hidden,
        "photos": wardrobe.photos_of(item),
        "favourite_count": 0,
        "view_count": 0,
        "url": f"https://www.vinted.fr/items/{item.item_id}",
    }


def editable_json(wardrobe: Wardrobe, item: Item) -> dict[str, Any]:
    """Return an item in the shape its owner edits: what is written as lists is read as single ids."""
    fields = item.fields
    colors = [*(fields.get("color_ids") or []), None, None]
    return {
        "id": item.item_id,
        "title": item.title,
        "description": item.description,
        "price": price_json(wardrobe, item),
        "currency": fields.get("currency") or wardrobe.currency,
        "catalog_id": fields.get("catalog_id"),
        "brand_id": fields.get("brand_id"),
        "brand_dto": {"id": fields.get("brand_id"), "title": fields.get("brand") or ""},
        "size_id": attribute_id(fields, "size"),
        "status_id": attribute_id(fields, "condition"),
        "color1_id": colors[0],
        "color2_id": colors[1],
        "package_size_id": fields.get("package_size_id"),
        "item_attributes": fields.get("item_attributes") or [],
        "photos": wardrobe.photos_of(item),
        "is_draft": item.is_draft,
    }


def price_json(wardrobe: Wardrobe, item: Item) -> dict[str, str] | None:
    """Return the price as the site shows it: written as a number, read as text."""
    price = item.fields.get("price")
    if price is None:
        return None
    return {"amount": f"{float(price):.2f}", "currency_code": item.fields.get("currency") or wardrobe.currency}


def attribute_id(fields: Mapping[str, Any], code: str) -> int | None:
    """Return the first id of one of the item's attributes."""
    for attribute in fields.get("item_attributes") or []:
        if isinstance(attribute, dict) and attribute.get("code") == code:
            ids = attribute.get("ids")
            return ids[0] if isinstance(ids, list) and ids else None
    return None


def marker_in(fields: Mapping[str, Any]) -> str:
    """Return the description where it is one word that only a program writes."""
    description = str(fields.get("description") or "")
    return description if MARKER.fullmatch(description) else ""
