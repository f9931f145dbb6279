"""eBay's offers: what a thing is sold for, and the listing that publishing makes of it."""

import re
from typing import Any

from stoflow_sandbox.calls import Answer, Effect, ReceivedCall
from stoflow_sandbox.ebay.errors import refusal, warned
from stoflow_sandbox.ebay.items import page_frame, paging, writing_body
from stoflow_sandbox.ebay.shop import MARKETPLACES, UNPUBLISHED, Offer, Shop
from stoflow_sandbox.sellers import Numbers

FORMATS = frozenset({"FIXED_PRICE", "AUCTION"})
PRICE = re.compile(r"\d{1,9}(\.\d{1,2})?")
PAGE_SIZE = 100
POLICIES: dict[str, tuple[str, int]] = {
    "fulfillmentPolicyId": ("fulfillment_policy", 25007),
    "paymentPolicyId": ("payment_policy", 25008),
    "returnPolicyId": ("return_policy", 25009),
}
LISTING_DESCRIPTION_LENGTH = 500_000


def create_offer(shop: Shop, call: ReceivedCall, numbers: Numbers) -> Answer:
    """createOffer: one for each SKU, marketplace and format, ever."""
    body = writing_body(call)
    for name in ("sku", "marketplaceId", "format"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise refusal(400, 25709, fieldName=name)
    _check_offer(body)
    if body["sku"] not in shop.items:
        raise refusal(400, 25702, skuValue=body["sku"])
    offer = Offer(str(numbers.take()), body["sku"], body)
    twin = next((other for other in shop.offers.values() if other.key == offer.key), None)
    if twin:
        raise refusal(400, 25002, additionalInfo="Offer entity already exists", offerId=twin.offer_id)
    shop.offers[offer.offer_id] = offer
    return Answer(201, {"offerId": offer.offer_id}, effect=_effect(shop, offer))


def get_offer(shop: Shop, call: ReceivedCall) -> Answer:
    """getOffer."""
    return Answer(200, shop.offer_json(_offer(shop, call)))


def list_offers(shop: Shop, call: ReceivedCall) -> Answer:
    """getOffers of one SKU; none is a 404, not an empty list."""
    limit, page = paging(call, default=PAGE_SIZE, at_most=PAGE_SIZE)
    sku = call.query.get("sku", "")
    if not sku:
        raise refusal(400, 25709, fieldName="sku")
    offers = [offer for offer in shop.offers_of(sku) if _wanted(offer, call)]
    if not offers:
        raise refusal(404, 25713, additionalInfo="")
    shown = [shop.offer_json(offer) for offer in offers[page * limit : (page + 1) * limit]]
    return Answer(200, {**page_frame("offer", total=len(offers), limit=limit, page=page), "offers": shown})


def update_offer(shop: Shop, call: ReceivedCall) -> Answer:
    """updateOffer: full replacement, but of the three that name it."""
    body = writing_body(call)
    offer = _offer(shop, call)
    fixed = {name: offer.body[name] for name in ("sku", "marketplaceId", "format")}
    replaced = {**body, **fixed}
    _check_offer(replaced)
    if offer.listing_id:
        _check_publishable(shop, offer.sku, replaced)
        shop.revise(offer)
    offer.body = replaced
    return Answer(204, effect=_effect(shop, offer))


def publish_offer(shop: Shop, call: ReceivedCall, numbers: Numbers) -> Answer:
    """publishOffer: what was missing so far is missed now."""
    offer = _offer(shop, call)
    if offer.listing_id and not offer.ended:
        return warned(Answer(200, {"listingId": offer.listing_id}), [25402])
    if _stands_elsewhere(shop, offer.body):
        raise refusal(404, 25713, additionalInfo=offer.offer_id)
    _check_publishable(shop, offer.sku, offer.body)
    offer.listing_id, offer.ended, offer.sold = str(numbers.take()), "", 0
    return Answer(200, {"listingId": offer.listing_id}, effect=_effect(shop, offer))


def withdraw_offer(shop: Shop, call: ReceivedCall) -> Answer:
    """withdrawOffer: the listing ends, the offer stays."""
    offer = _offer(shop, call)
    if not offer.listing_id:
        raise refusal(400, 25713, additionalInfo=offer.offer_id)
    ended, offer.listing_id, offer.ended = offer.listing_id, "", ""
    effect = Effect(sku=offer.sku, offer_id=offer.offer_id, listing_id=ended, state=UNPUBLISHED)
    return Answer(200, {"listingId": ended}, effect=effect)


def delete_offer(shop: Shop, call: ReceivedCall) -> Answer:
    """deleteOffer: ends the listing too."""
    offer = _offer(shop, call)
    del shop.offers[offer.offer_id]
    effect = Effect(sku=offer.sku, offer_id=offer.offer_id, listing_id=offer.listing_id, state="ENDED")
    return Answer(204, effect=effect)


def _offer(shop: Shop, call: ReceivedCall) -> Offer:
    offer = shop.offers.get(call.path["offer_id"])
    if offer is None:
        raise refusal(404, 25713, additionalInfo=call.path["offer_id"])
    return offer


def _wanted(offer: Offer, call: ReceivedCall) -> bool:
    asked = {"marketplaceId": call.query.get("marketplace_id"), "format": call.query.get("format")}
    return all(value is None or offer.body[name] == value for name, value in asked.items())


def _effect(shop: Shop, offer: Offer) -> Effect:
    return Effect(
        sku=offer.sku,
        offer_id=offer.offer_id,
        listing_id=offer.listing_id,
        state=offer.status,
        title=shop.title_of(offer.sku),
    )


def _check_offer(body: dict[str, Any]) -> None:
    if body["marketplaceId"] not in MARKETPLACES:
        raise refusal(400, 25709, fieldName="marketplaceId")
    if body["format"] not in FORMATS:
        raise refusal(400, 25709, fieldName="format")
    price = body.get("pricingSummary", {}).get("price")
    if price is not None and not isinstance(price.get("value"), str):
        raise refusal(400, 2004, fieldName="pricingSummary.price.value")
    quantity = body.get("availableQuantity", 1)
    if not isinstance(quantity, int) or quantity < 0:
        raise refusal(400, 25709, fieldName="availableQuantity")
    if "categoryId" in body and not isinstance(body["categoryId"], str):
        raise refusal(400, 2004, fieldName="categoryId")
    if len(str(body.get("listingDescription", ""))) > LISTING_DESCRIPTION_LENGTH:
        raise refusal(400, 25709, fieldName="listingDescription")


def _check_publishable(shop: Shop, sku: str, body: dict[str, Any]) -> None:
    if body.get("merchantLocationKey") not in shop.locations:
        raise refusal(400, 25012)
    if not str(body.get("categoryId", "")).isdecimal():
        raise refusal(400, 25005)
    for name, (kind, error_id) in POLICIES.items():
        policy = _policy(shop, body, name, kind)
        if policy is None or policy["marketplaceId"] != body["marketplaceId"]:
            raise refusal(400, error_id)
    _check_price(body)
    if body.get("format") == "FIXED_PRICE" and body.get("listingDuration", "GTC") != "GTC":
        raise refusal(400, 25016, fieldName="listingDuration")
    _check_item(shop.items.get(sku, {}), body)


def _policy(shop: Shop, body: dict[str, Any], name: str, kind: str) -> dict[str, Any] | None:
    return shop.policies.get(kind, {}).get(body.get("listingPolicies", {}).get(name, ""))


def _stands_elsewhere(shop: Shop, body: dict[str, Any]) -> bool:
    """Say whether an offer names a policy of another eBay site: its creation does not mind, its publication does."""
    named = [_policy(shop, body, name, kind) for name, (kind, _) in POLICIES.items()]
    return any(policy is not None and policy["marketplaceId"] != body["marketplaceId"] for policy in named)


def _check_item(item: dict[str, Any], body: dict[str, Any]) -> None:
    product = item.get("product", {})
    quantity = item.get("availability", {}).get("shipToLocationAvailability", {}).get("quantity", 0)
    if quantity < 1 or body.get("availableQuantity", quantity) < 1:
        raise refusal(400, 25004)
    if "condition" not in item:
        raise refusal(400, 25021)
    if not product.get("title"):
        raise refusal(400, 25017, fieldName="product.title")
    if not (body.get("listingDescription") or product.get("description")):
        raise refusal(400, 25016, fieldName="description")
    if not product.get("imageUrls"):
        raise refusal(400, 25014)


def _check_price(body: dict[str, Any]) -> None:
    price = body.get("pricingSummary", {}).get("price") or {}
    currency, _ = MARKETPLACES[body["marketplaceId"]]
    value = str(price.get("value", ""))
    if not PRICE.fullmatch(value) or float(value) < 1:
        raise refusal(400, 25003)
    if price.get("currency") != currency:
        raise refusal(400, 25003, additionalInfo=f"The currency of {body['marketplaceId']} is {currency}.")
