"""Vinted's writes and reads on a member's things."""

import re
from collections.abc import Mapping
from types import UnionType
from typing import Any

from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.images import picture_type
from stoflow_sandbox.sellers import Numbers
from stoflow_sandbox.vinted.dealings import number_in_path, page_of
from stoflow_sandbox.vinted.errors import NOT_FOUND, invalid
from stoflow_sandbox.vinted.wardrobe import (
    Item,
    Wardrobe,
    attribute_id,
    editable_json,
    marker_in,
    photo_ids,
    wardrobe_json,
)

TITLE_LENGTH = 100
TITLE_LENGTH_AT_LEAST = 5
DESCRIPTION_LENGTH = 3000
DESCRIPTION_LENGTH_AT_LEAST = 5
PHOTOS_AT_MOST = 20
COLORS_AT_MOST = 2
PRICE_AT_LEAST = 1
PRICE_AT_MOST = 30_000
CONDITIONS = frozenset({1, 2, 3, 4, 6})
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


# What a field may be, where it is given at all.
SHAPES: Mapping[str, type | UnionType] = {
    "title": str,
    "description": str,
    "currency": str,
    "brand": str,
    "price": int | float,
    "color_ids": list,
    "item_attributes": list,
    "assigned_photos": list,
    "photos": list,
}


def upload_photo(wardrobe: Wardrobe, call: ReceivedCall, numbers: Numbers) -> Answer:
    """Keep one photo; all photos of a listing share a temp_uuid."""
    temp_uuid = call.form.get("photo[temp_uuid]", "")
    upload = call.files.get("photo[file]")
    errors: list[tuple[str, str]] = []
    if call.form.get("photo[type]") != "item":
        errors.append(("type", "Type is not valid"))
    if not UUID.fullmatch(temp_uuid):
        errors.append(("temp_uuid", "Temp uuid is not valid"))
    if upload is None or picture_type(upload.content) is None:
        errors.append(("file", "File is not a picture"))
    if errors:
        raise invalid(errors)
    number = numbers.take()
    url = f"https://images1.vinted.net/t/{number}/f800/{number}.jpeg"
    wardrobe.photos[number] = {"id": number, "temp_uuid": temp_uuid, "url": url, "thumbnails": []}
    return Answer(200, wardrobe.photos[number], effect=Effect(marker=temp_uuid, state="uploaded"))


def create_draft(wardrobe: Wardrobe, call: ReceivedCall, numbers: Numbers) -> Answer:
    """Make a draft: nearly anything will do, and the answer is a stub."""
    fields = _object(call, "draft")
    _check_own_photos(wardrobe, fields)
    if len(str(fields.get("title") or "")) > TITLE_LENGTH:
        raise invalid([("title", f"Title is too long (maximum is {TITLE_LENGTH} characters)")])
    item = Item(numbers.take(), dict(fields), marker=marker_in(fields))
    wardrobe.items[item.item_id] = item
    return Answer(200, {"draft": {"id": item.item_id}, "code": 0}, effect=item.effect())


def complete_draft(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """Make a draft visible: the full body again, checked as a whole; the id stays."""
    item = _own(wardrobe, call, draft=True)
    fields = _object(call, "draft")
    if fields.get("id") not in {None, item.item_id}:
        raise invalid([("id", "Id is not valid")])
    _check_whole(wardrobe, fields)
    item.fields, item.is_draft = dict(fields), False
    return Answer(200, {"item": editable_json(wardrobe, item), "code": 0}, effect=item.effect())


def delete_draft(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """Forget a draft; an item is not one."""
    item = _own(wardrobe, call, draft=True)
    del wardrobe.items[item.item_id]
    return Answer(200, {"code": 0}, effect=item.effect("deleted"))


def create_item(wardrobe: Wardrobe, call: ReceivedCall, numbers: Numbers) -> Answer:
    """Make an item visible at once, without a draft before."""
    fields = _object(call, "item")
    _check_whole(wardrobe, fields)
    item = Item(numbers.take(), dict(fields), is_draft=False, marker=marker_in(fields))
    wardrobe.items[item.item_id] = item
    return Answer(200, {"item": editable_json(wardrobe, item), "code": 0}, effect=item.effect())


def update_item(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """Replace an item as a whole."""
    item = _editable(_own(wardrobe, call, draft=False))
    fields = _object(call, "item")
    _check_whole(wardrobe, fields)
    item.fields = dict(fields)
    return Answer(200, {"item": editable_json(wardrobe, item), "code": 0}, effect=item.effect())


def delete_item(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """End an item; 404 once gone. What the site says of a sold one is not established: here there is none to end."""
    item = _own(wardrobe, call, draft=False)
    if item.is_sold:
        raise Refusal(NOT_FOUND)
    del wardrobe.items[item.item_id]
    return Answer(200, {"code": 0}, effect=item.effect("deleted"))


def hide_item(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """Hide an item or show it again."""
    item = _own(wardrobe, call, draft=False)
    item.is_hidden = bool(call.json.get("is_hidden", True)) if isinstance(call.json, dict) else True
    return Answer(200, {"item": editable_json(wardrobe, item), "code": 0}, effect=item.effect())


def show_item(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """Show an own thing, draft or not, in the shape its owner edits."""
    item = wardrobe.items.get(number_in_path(call, "item_id"))
    if item is None:
        raise Refusal(NOT_FOUND)
    item = _editable(item)
    return Answer(200, {"item": editable_json(wardrobe, item), "code": 0})


def list_wardrobe(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """List the member's things, newest first; the owner's own list holds the drafts too."""
    if call.path["user_id"] != str(wardrobe.user_id):
        raise Refusal(NOT_FOUND)
    things = sorted(wardrobe.items.values(), key=lambda item: item.item_id, reverse=True)
    shown, pagination = page_of(call, things)
    return Answer(200, {"items": [wardrobe_json(wardrobe, item) for item in shown], "pagination": pagination})


def _object(call: ReceivedCall, name: str) -> Mapping[str, Any]:
    fields = call.json.get(name) if isinstance(call.json, dict) else None
    if not isinstance(fields, dict):
        raise invalid([(name, "Body is not valid")])
    given = {field: fields[field] for field in SHAPES if fields.get(field) is not None}
    wrong = [field for field, value in given.items() if isinstance(value, bool) or not isinstance(value, SHAPES[field])]
    if wrong:
        raise invalid((field, "Value is not valid") for field in wrong)
    return fields


def _own(wardrobe: Wardrobe, call: ReceivedCall, *, draft: bool) -> Item:
    item = wardrobe.items.get(number_in_path(call, "item_id"))
    if item is None or item.is_draft is not draft:
        raise Refusal(NOT_FOUND)
    return item


def _editable(item: Item) -> Item:
    """Return the item, unless its owner can no longer edit it."""
    if item.is_sold or item.is_reserved:
        raise Refusal(NOT_FOUND)
    return item


def _check_own_photos(wardrobe: Wardrobe, fields: Mapping[str, Any]) -> None:
    if any(number not in wardrobe.photos for number in photo_ids(fields)):
        raise invalid([("photos", "Photo is not found")])


def _check_whole(wardrobe: Wardrobe, fields: Mapping[str, Any]) -> None:
    _check_own_photos(wardrobe, fields)
    title, description = str(fields.get("title") or ""), str(fields.get("description") or "")
    price, colors = fields.get("price"), fields.get("color_ids") or []
    checks = (
        (TITLE_LENGTH_AT_LEAST <= len(title) <= TITLE_LENGTH, "title", "Title length is not valid"),
        (
            DESCRIPTION_LENGTH_AT_LEAST <= len(description) <= DESCRIPTION_LENGTH,
            "description",
            "Description length is not valid",
        ),
        (_is_number(price) and PRICE_AT_LEAST <= float(price or 0) <= PRICE_AT_MOST, "price", "Price is not valid"),
        (_is_id(fields.get("catalog_id")), "category", "Category must be selected"),
        (_is_id(fields.get("package_size_id")), "package_size", "Parcel size must be selected"),
        (attribute_id(fields, "condition") in CONDITIONS, "condition", "Condition must be selected"),
        (isinstance(colors, list) and len(colors) <= COLORS_AT_MOST, "color", "At most two colours"),
        (1 <= len(photo_ids(fields)) <= PHOTOS_AT_MOST, "photos", "At least one photo is needed"),
        (fields.get("currency") == wardrobe.currency, "currency", "Currency is not valid"),
    )
    errors = [(field, message) for holds, field, message in checks if not holds]
    if errors:
        raise invalid(errors)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
