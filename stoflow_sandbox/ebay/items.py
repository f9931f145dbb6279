"""eBay's inventory items: what a thing is, before anybody offers it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from stoflow_sandbox.calls import Answer, Effect, ReceivedCall
from stoflow_sandbox.ebay.errors import error_body, refusal, warned
from stoflow_sandbox.ebay.shop import Offer, Shop

SKU_LENGTH = 50
TITLE_LENGTH = 80
DESCRIPTION_LENGTH = 4000
CONDITION_DESCRIPTION_LENGTH = 1000
ASPECT_NAME_LENGTH = 40
ASPECT_VALUE_LENGTH = 50
IMAGES_AT_MOST = 24
PAGE_SIZE = 25
PAGE_SIZE_AT_MOST = 200
LANGUAGES = frozenset({"fr-FR", "en-US", "en-GB", "de-DE", "it-IT", "es-ES", "nl-NL", "fr-BE", "nl-BE", "pl-PL"})
CONDITIONS = frozenset(
    {
        "NEW",
        "LIKE_NEW",
        "NEW_OTHER",
        "NEW_WITH_DEFECTS",
        "MANUFACTURER_REFURBISHED",
        "CERTIFIED_REFURBISHED",
        "EXCELLENT_REFURBISHED",
        "VERY_GOOD_REFURBISHED",
        "GOOD_REFURBISHED",
        "SELLER_REFURBISHED",
        "USED_EXCELLENT",
        "USED_VERY_GOOD",
        "USED_GOOD",
        "USED_ACCEPTABLE",
        "FOR_PARTS_OR_NOT_WORKING",
        "PRE_OWNED_EXCELLENT",
        "PRE_OWNED_FAIR",
    }
)


def put_item(shop: Shop, call: ReceivedCall) -> Answer:
    """createOrReplaceInventoryItem: full replacement; live listings follow by themselves."""
    sku = call.path["sku"]
    body, warnings = _standardised(writing_body(call), shop.quirks.standard_values)
    if not (sku.isascii() and sku.isalnum()) or len(sku) > SKU_LENGTH:
        raise refusal(400, 25707)
    _check_item(body)
    live = [offer for offer in shop.offers_of(sku) if offer.listing_id and not offer.ended]
    for offer in live:
        shop.revise(offer)
    shop.items[sku] = body
    listing_id = live[0].listing_id if live else ""
    state = _state(shop, live[0]) if live else "ITEM"
    effect = Effect(sku=sku, title=shop.title_of(sku), listing_id=listing_id, state=state)
    return warned(Answer(204, effect=effect), (), *warnings)


def get_item(shop: Shop, call: ReceivedCall) -> Answer:
    """getInventoryItem."""
    sku = call.path["sku"]
    if sku not in shop.items:
        raise refusal(404, 25710)
    return Answer(200, _shown(shop, sku))


def list_items(shop: Shop, call: ReceivedCall) -> Answer:
    """getInventoryItems: `offset` is a page number."""
    limit, page = paging(call, default=PAGE_SIZE, at_most=PAGE_SIZE_AT_MOST)
    skus = _repeating(sorted(shop.items), limit, shop.quirks.repeated_items)
    shown = [_shown(shop, sku) for sku in skus[page * limit : (page + 1) * limit]]
    frame = page_frame("inventory_item", total=len(skus), limit=limit, page=page)
    return Answer(200, {**frame, "inventoryItems": shown})


def delete_item(shop: Shop, call: ReceivedCall) -> Answer:
    """deleteInventoryItem: its offers go with it, and so do their listings."""
    sku = call.path["sku"]
    if shop.items.pop(sku, None) is None:
        raise refusal(404, 25710)
    gone = shop.offers_of(sku)
    for offer in gone:
        del shop.offers[offer.offer_id]
    listing_id = next((offer.listing_id for offer in gone if offer.listing_id), "")
    return Answer(204, effect=Effect(sku=sku, listing_id=listing_id, state="ENDED"))


def writing_body(call: ReceivedCall) -> dict[str, Any]:
    """Return the JSON body of a call that must name its language."""
    if call.media_type != "application/json" or not isinstance(call.json, dict):
        raise refusal(400, 2004)
    if call.headers.get("content-language") not in LANGUAGES:
        raise refusal(400, 25709, fieldName="header Content-Language")
    return call.json


def paging(call: ReceivedCall, *, default: int, at_most: int) -> tuple[int, int]:
    """Return limit and page."""
    limit, page = call.query.get("limit", str(default)), call.query.get("offset", "0")
    if not (limit.isdecimal() and page.isdecimal() and 1 <= int(limit) <= at_most):
        raise refusal(400, 25706)
    return int(limit), int(page)


def page_frame(collection: str, *, total: int, limit: int, page: int) -> dict[str, Any]:
    """Return what eBay puts around a page: `size` is the number of pages."""
    pages = -(-total // limit)
    here = f"/sell/inventory/v1/{collection}?limit={limit}&offset="
    frame: dict[str, Any] = {"href": f"{here}{page}", "limit": limit, "size": pages, "total": total}
    if page + 1 < pages:
        frame["next"] = f"{here}{page + 1}"
    if page:
        frame["prev"] = f"{here}{page - 1}"
    return frame


def _repeating(skus: Sequence[str], limit: int, repeated: int) -> list[str]:
    """Return the list with the last of each page once more at the beginning of the next."""
    step = max(1, limit - repeated)
    return [sku for start in range(0, max(1, len(skus) - repeated), step) for sku in skus[start : start + limit]]


def _standardised(body: dict[str, Any], standard: Mapping[str, str]) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    """Return the item with eBay's own values of its specifics, and a warning for each that it replaced."""
    product = body.get("product")
    said = product.get("aspects") if isinstance(product, dict) else None
    if not isinstance(product, dict) or not isinstance(said, dict):
        return body, []
    _check_aspects(said)
    kept = {name: [standard.get(value, value) for value in values] for name, values in said.items()}
    replaced = [name for name, values in said.items() if kept[name] != values]
    warnings = [error_body(25127, {"productAspectName": name}) for name in replaced]
    return {**body, "product": {**product, "aspects": kept}}, warnings


def _state(shop: Shop, offer: Offer) -> str:
    return "LIVE" if shop.available(offer) else shop.listing_status(offer)


def _shown(shop: Shop, sku: str) -> dict[str, Any]:
    return {**shop.items[sku], "sku": sku, "locale": "fr_FR"}


def _check_item(body: dict[str, Any]) -> None:
    if "condition" in body and body["condition"] not in CONDITIONS:
        raise refusal(400, 2004, fieldName="condition")
    _check_length(body.get("conditionDescription", ""), CONDITION_DESCRIPTION_LENGTH, "conditionDescription")
    product = body.get("product", {})
    if not isinstance(product, dict):
        raise refusal(400, 2004, fieldName="product")
    _check_length(product.get("title", ""), TITLE_LENGTH, "product.title")
    _check_length(product.get("description", ""), DESCRIPTION_LENGTH, "product.description")
    _check_aspects(product.get("aspects", {}))
    _check_images(product.get("imageUrls", []))
    available = body.get("availability", {}).get("shipToLocationAvailability", {}).get("quantity", 0)
    if not isinstance(available, int) or available < 0:
        raise refusal(400, 25709, fieldName="availability.shipToLocationAvailability.quantity")


def _check_length(value: Any, at_most: int, field: str) -> None:
    if not isinstance(value, str):
        raise refusal(400, 2004, fieldName=field)
    if len(value) > at_most:
        raise refusal(400, 25709, fieldName=field, additionalInfo=f"It must not exceed {at_most} characters.")


def _check_aspects(aspects: Any) -> None:
    if not isinstance(aspects, dict):
        raise refusal(400, 2004, fieldName="product.aspects")
    for name, values in aspects.items():
        _check_length(name, ASPECT_NAME_LENGTH, "product.aspects")
        if not isinstance(values, list):
            raise refusal(400, 2004, fieldName=f"product.aspects.{name}")
        for value in values:
            _check_length(value, ASPECT_VALUE_LENGTH, f"product.aspects.{name}")


def _check_images(urls: Any) -> None:
    if not isinstance(urls, list) or len(urls) > IMAGES_AT_MOST:
        raise refusal(400, 25709, fieldName="product.imageUrls")
    if any(not isinstance(url, str) or urlsplit(url).scheme != "https" for url in urls):
        raise refusal(400, 25709, fieldName="product.imageUrls", additionalInfo="Pictures must be https.")
