"""Etsy's listings, their photos and their inventory; a path names the shop where something is written."""

from collections.abc import Mapping, Sequence
from typing import Literal

from stoflow.domain.call import FilePart, JsonObject, Request
from stoflow.marketplaces.photos import Photo

API = "/v3/application"
BATCH = f"{API}/listings/batch"

State = Literal["active", "inactive", "sold_out", "draft", "expired"]
Association = Literal["Images"]
ShopAssociation = Literal["Images", "Inventory"]
SortedBy = Literal["created", "price"]
Order = Literal["asc", "desc"]
Form = Mapping[str, str]


def get_listings_by_shop(
    shop_id: str,
    *,
    state: State,
    limit: int,
    offset: int,
    includes: ShopAssociation | None = None,
    sort: tuple[SortedBy, Order] | None = None,
) -> Request:
    """Show a shop's listings of one state, 1 to 100 at once, after the first `offset` of them, 12,000 at most."""
    sorting = {"sort_on": sort[0], "sort_order": sort[1]} if sort else {}
    query = {"state": state, "limit": str(limit), "offset": str(offset), **_including(includes), **sorting}
    return Request("GET", _of_shop(shop_id), query=query)


def get_listing(listing_id: str, *, includes: Association | None = None) -> Request:
    """Show one listing, whatever its state."""
    return Request("GET", _listing(listing_id), query=_including(includes))


def get_listings_by_listing_ids(listing_ids: Sequence[str]) -> Request:
    """Show up to 100 listings at once, whatever their state; one that Etsy does not have denies them all."""
    return Request("GET", BATCH, query=_named(listing_ids))


def get_listings_inventory_by_listing_ids(listing_ids: Sequence[str]) -> Request:
    """Show the inventories of up to 100 listings at once; one that Etsy does not have denies them all."""
    return Request("GET", f"{BATCH}/inventory", query=_named(listing_ids))


def create_draft_listing(shop_id: str, form: Form) -> Request:
    """Make a listing that buyers do not see yet."""
    return Request("POST", _of_shop(shop_id), form=form)


def update_listing(shop_id: str, listing_id: str, form: Form) -> Request:
    """Change the fields named, and no other."""
    return Request("PATCH", f"{_of_shop(shop_id)}/{listing_id}", form=form)


def delete_listing(listing_id: str) -> Request:
    """Delete a listing, or a draft."""
    return Request("DELETE", _listing(listing_id))


def get_listing_inventory(listing_id: str) -> Request:
    """Show the products of a listing, with their SKUs, prices and quantities."""
    return Request("GET", _inventory(listing_id))


def update_listing_inventory(listing_id: str, inventory: JsonObject) -> Request:
    """Put the inventory whole."""
    return Request("PUT", _inventory(listing_id), json=inventory)


def upload_listing_image(shop_id: str, listing_id: str, photo: Photo, *, rank: int) -> Request:
    """Put a photo at a rank, in the place of the one there; a listing has up to 20."""
    part = FilePart("image", photo.filename, photo.content, photo.content_type)
    return Request("POST", _images(shop_id, listing_id), form={"rank": str(rank), "overwrite": "true"}, files=(part,))


def delete_listing_image(shop_id: str, listing_id: str, image_id: str) -> Request:
    """Take a photo away."""
    return Request("DELETE", f"{_images(shop_id, listing_id)}/{image_id}")


def _of_shop(shop_id: str) -> str:
    return f"{API}/shops/{shop_id}/listings"


def _listing(listing_id: str) -> str:
    return f"{API}/listings/{listing_id}"


def _inventory(listing_id: str) -> str:
    return f"{_listing(listing_id)}/inventory"


def _images(shop_id: str, listing_id: str) -> str:
    return f"{_of_shop(shop_id)}/{listing_id}/images"


def _named(listing_ids: Sequence[str]) -> Form:
    return {"listing_ids": ",".join(listing_ids)}


def _including(includes: ShopAssociation | None) -> Form:
    return {"includes": includes} if includes else {}
