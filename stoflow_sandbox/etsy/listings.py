"""Etsy's listings: a draft, its pictures, and the step that makes it visible."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from stoflow_sandbox.calls import Answer, ReceivedCall
from stoflow_sandbox.etsy.errors import refusal
from stoflow_sandbox.etsy.fields import changed_fields, new_listing_fields
from stoflow_sandbox.etsy.parameters import CHANGED_BY, CREATED_WITH, IN_A_SHOP, OF_ONE, check_form, includes_of
from stoflow_sandbox.etsy.shop import Listing, Shop, listing_json, marker_in
from stoflow_sandbox.images import picture_type
from stoflow_sandbox.market import Renaming
from stoflow_sandbox.sellers import Numbers

FORM = "application/x-www-form-urlencoded"
STATES = frozenset({"active", "inactive", "sold_out", "draft", "expired"})
SETTABLE_STATES = frozenset({"active", "inactive"})
DRAFTS = "draft.list"
VISIBLE_CHANGES = {"active": "listing.activate", "inactive": "listing.deactivate"}
IMAGES_AT_MOST = 20
ALT_TEXT_LENGTH = 500
PAGE_SIZE = 25
PAGE_SIZE_AT_MOST = 100
LAST_OFFSET = 12_000
SORTED_BY: Mapping[str, Callable[[Listing], Any]] = {
    "created": lambda listing: listing.listing_id,
    "price": lambda listing: (float(listing.fields["price"]), listing.listing_id),
}
DESCENDING = frozenset({"desc", "descending", "down"})
ORDERS = DESCENDING | {"asc", "ascending", "up"}
REPEATS_ONE_IN = 4
"""Of a shop that repeats listings: the newest quarter is shown again behind the oldest."""

Row = TypeVar("Row")


def create_draft(shop: Shop, call: ReceivedCall, numbers: Numbers) -> Answer:
    """createDraftListing: no key of the client's own, and no SKU."""
    check_shop(shop, call)
    _check_form(call, CREATED_WITH)
    fields = new_listing_fields(call.form, shop)
    now = shop.now_s()
    listing = Listing(numbers.take(), fields, created_at=now, changed_at=now, marker=marker_in(fields["description"]))
    shop.listings[listing.listing_id] = listing
    return Answer(201, listing_json(shop, listing), effect=listing.effect())


def update(shop: Shop, call: ReceivedCall) -> Answer:
    """updateListing: `state=active` makes it visible, and costs the seller a fee."""
    check_shop(shop, call)
    _check_form(call, CHANGED_BY)
    listing = own_listing(shop, call)
    fields = changed_fields(call.form, shop)
    state = call.form.get("state", listing.state)
    if "state" in call.form and state not in SETTABLE_STATES:
        raise refusal(400, f"Invalid enum value for 'state' (got '{state}')")
    if state == "inactive" and listing.state == "draft":
        raise refusal(409, "A draft listing cannot be made inactive.")
    if state == "active":
        _check_publishable(listing, {**listing.fields, **fields})
    listing.fields.update(fields)
    if state == "active" and listing.state == "sold_out":
        listing.renew()
    listing.state, listing.changed_at = state, shop.now_s()
    return Answer(200, listing_json(shop, listing), effect=listing.effect())


def _update_name(call: ReceivedCall) -> str:
    """Tell the two visible changes apart from the rest: they are what pace and order are about."""
    return VISIBLE_CHANGES.get(call.form.get("state", ""), "listing.update")


def delete(shop: Shop, call: ReceivedCall) -> Answer:
    """deleteListing: a second one meets nothing."""
    listing = own_listing(shop, call)
    del shop.listings[listing.listing_id]
    listing.state = "deleted"
    return Answer(204, effect=listing.effect())


def show(shop: Shop, call: ReceivedCall) -> Answer:
    """getListing, with its images when asked."""
    includes = includes_of(call, OF_ONE)
    return Answer(200, with_includes(shop, own_listing(shop, call), includes))


def show_all(shop: Shop, call: ReceivedCall) -> Answer:
    """getListingsByShop, newest first."""
    check_shop(shop, call)
    state = call.query.get("state", "active")
    if state not in STATES:
        raise refusal(400, f"Invalid enum value for 'state' (got '{state}')")
    sort_on, sort_order = call.query.get("sort_on", "created"), call.query.get("sort_order", "desc")
    if sort_on not in SORTED_BY or sort_order not in ORDERS:
        raise refusal(400, f"Invalid enum value for 'sort_on' or 'sort_order' (got '{sort_on}', '{sort_order}')")
    of_state = [listing for listing in shop.listings.values() if listing.state == state]
    found = sorted(of_state, key=SORTED_BY[sort_on], reverse=sort_order in DESCENDING)
    if shop.repeats_listings:
        found += found[: (len(found) + REPEATS_ONE_IN - 1) // REPEATS_ONE_IN]
    includes = includes_of(call, IN_A_SHOP)
    shown = [with_includes(shop, listing, includes) for listing in shown_page(shop, found, call)]
    return Answer(200, {"count": len(found), "results": shown})


def _list_name(call: ReceivedCall) -> str:
    """Tell a look for a draft from a page of what the shop shows: pace is about the pages."""
    return DRAFTS if call.query.get("state") == "draft" else "listing.list"


def upload_image(shop: Shop, call: ReceivedCall, numbers: Numbers) -> Answer:
    """uploadListingImage: each one adds a picture, unless `overwrite` names a rank."""
    check_shop(shop, call)
    listing = own_listing(shop, call)
    upload = call.files.get("image")
    if upload is None:
        raise refusal(400, "Either a valid image file or a listing_image_id must be provided.")
    if picture_type(upload.content) is None:
        raise refusal(400, "The image file provided is not a valid image.")
    if len(call.form.get("alt_text", "")) > ALT_TEXT_LENGTH:
        raise refusal(400, f"alt_text must be at most {ALT_TEXT_LENGTH} characters.")
    rank = int(call.form.get("rank", "1")) if call.form.get("rank", "1").isdecimal() else 0
    if not 1 <= rank <= IMAGES_AT_MOST:
        raise refusal(400, f"Invalid rank: it must be between 1 and {IMAGES_AT_MOST}.")
    if call.form.get("overwrite", "").lower() in {"true", "1"}:
        listing.images = [image for image in listing.images if image["rank"] != rank]
    if len(listing.images) >= IMAGES_AT_MOST:
        raise refusal(409, f"A listing can have at most {IMAGES_AT_MOST} images.")
    alt_text = call.form.get("alt_text", "")
    image = _image(listing, numbers.take(), now=shop.now_s(), rank=rank, alt_text=alt_text)
    listing.images.append(image)
    return Answer(201, image, effect=listing.effect())


def list_images(shop: Shop, call: ReceivedCall) -> Answer:
    """getListingImages."""
    images = own_listing(shop, call).images
    return Answer(200, {"count": len(images), "results": images})


def show_image(shop: Shop, call: ReceivedCall) -> Answer:
    """getListingImage."""
    return Answer(200, _own_image(own_listing(shop, call), call))


def delete_image(shop: Shop, call: ReceivedCall) -> Answer:
    """deleteListingImage."""
    check_shop(shop, call)
    listing = own_listing(shop, call)
    listing.images.remove(_own_image(listing, call))
    return Answer(204, effect=listing.effect())


def check_shop(shop: Shop, call: ReceivedCall) -> None:
    """Refuse the shop of another seller."""
    if call.path["shop_id"] != str(shop.shop_id):
        raise refusal(403, "User does not own Shop")


def own_listing(shop: Shop, call: ReceivedCall) -> Listing:
    """Return the listing a path names."""
    number = call.path["listing_id"]
    listing = shop.listings.get(int(number)) if number.isdecimal() else None
    if listing is None:
        raise refusal(404, f"Could not find a Listing with listing_id = {number}")
    return listing


def shown_page(shop: Shop, found: Sequence[Row], call: ReceivedCall) -> Sequence[Row]:
    """Return the part of a list that a call asks for."""
    limit, offset = _paging(call)
    shown = found[offset : offset + limit]
    if not shown and shop.denies_empty_lists:
        raise refusal(404, "Resource not found")
    return shown


def _paging(call: ReceivedCall) -> tuple[int, int]:
    limit, offset = call.query.get("limit", str(PAGE_SIZE)), call.query.get("offset", "0")
    if not (limit.isdecimal() and offset.isdecimal() and 1 <= int(limit) <= PAGE_SIZE_AT_MOST):
        raise refusal(400, f"Invalid limit or offset: limit must be between 1 and {PAGE_SIZE_AT_MOST}.")
    if int(offset) > LAST_OFFSET:
        raise refusal(400, "Offset provided is greater than the maximum offset allowed.")
    return int(limit), int(offset)


def with_includes(shop: Shop, listing: Listing, includes: frozenset[str]) -> dict[str, Any]:
    """Return a listing with what it was asked for with, as far as the sandbox has that."""
    shown = listing_json(shop, listing)
    if "Images" in includes:
        shown["images"] = listing.images
    if "Inventory" in includes:
        shown["inventory"] = {"products": listing.products, **listing.on_property}
    return shown


def _check_form(call: ReceivedCall, taken: frozenset[str]) -> None:
    if call.media_type != FORM:
        raise refusal(400, f"Expected a body of type {FORM}")
    check_form(call, taken)


def _check_publishable(listing: Listing, fields: dict[str, Any]) -> None:
    if not listing.images:
        raise refusal(400, "Listing must have at least one image to be active.")
    if "shipping_profile_id" not in fields:
        raise refusal(400, "Listing must have a shipping profile to be active.")
    if "readiness_state_id" not in fields and not listing.products:
        raise refusal(400, "Listing must have a processing profile (readiness_state_id) to be active.")


def _own_image(listing: Listing, call: ReceivedCall) -> dict[str, Any]:
    number = call.path["image_id"]
    for image in listing.images:
        if str(image["listing_image_id"]) == number:
            return image
    raise refusal(404, f"Could not find a ListingImage with listing_image_id = {number}")


def _image(listing: Listing, image_id: int, *, now: int, rank: int, alt_text: str) -> dict[str, Any]:
    address = f"https://i.etsystatic.com/{listing.listing_id}/r/il/{image_id}/il_{{size}}.{image_id}.jpg"
    return {
        "listing_id": listing.listing_id,
        "listing_image_id": image_id,
        "rank": rank,
        "created_timestamp": now,
        "creation_tsz": now,
        "url_75x75": address.format(size="75x75"),
        "url_170x135": address.format(size="170x135"),
        "url_570xN": address.format(size="570xN"),
        "url_fullxfull": address.format(size="fullxfull"),
        "full_height": None,
        "full_width": None,
        "alt_text": alt_text or None,
    }


LISTS = Renaming(_list_name, frozenset({DRAFTS}))
UPDATES = Renaming(_update_name, frozenset(VISIBLE_CHANGES.values()))
