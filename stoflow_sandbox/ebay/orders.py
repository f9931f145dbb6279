"""eBay's orders: what was bought, and all it tells the seller of the buyer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from stoflow_sandbox.calls import Answer, ReceivedCall
from stoflow_sandbox.ebay.errors import refusal
from stoflow_sandbox.ebay.order_filter import read_filter
from stoflow_sandbox.ebay.shop import Sale, Shop

PAGE_SIZE = 50
PAGE_SIZE_AT_MOST = 200
IDS_AT_MOST = 50
FIELD_GROUPS = frozenset({"", "TAX_BREAKDOWN"})
BUYER: Mapping[str, Any] = {
    "fullName": "Camille Martin",
    "contactAddress": {
        "addressLine1": "12 rue des Lilas",
        "city": "Nantes",
        "postalCode": "44000",
        "countryCode": "FR",
    },
    "primaryPhone": {"phoneNumber": "0600000000"},
    "email": "camille.martin@example.org",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """How far an order is."""

    payment: str
    cancel: str = "NONE_REQUESTED"


STAGES: Mapping[str, Stage] = {
    "paid": Stage("PAID"),
    "unpaid": Stage("PENDING"),
    "shipped": Stage("PAID"),
    "cancelled": Stage("FULLY_REFUNDED", "CANCELED"),
}


def list_orders(shop: Shop, call: ReceivedCall) -> Answer:
    """getOrders: `offset` is a number of orders; with `orderIds` all else is ignored."""
    if call.query.get("fieldGroups", "") not in FIELD_GROUPS:
        raise refusal(400, 32800, fieldGroup=call.query["fieldGroups"])
    if "orderIds" in call.query:
        found = _named(shop, call.query["orderIds"])
        return Answer(200, _page(shop, found, limit=PAGE_SIZE, offset=0, query=""))
    limit, offset = _paging(call)
    wanted = read_filter(call.query.get("filter", ""), shop.clock())
    found = sorted(filter(wanted.wants, shop.sales.values()), key=lambda sale: (wanted.at(sale), sale.order_id))
    query = f"filter={call.query['filter']}&" if "filter" in call.query else ""
    return Answer(200, _page(shop, found, limit=limit, offset=offset, query=query))


def get_order(shop: Shop, call: ReceivedCall) -> Answer:
    """getOrder."""
    order_id = call.path["order_id"]
    if order_id not in shop.sales:
        raise refusal(400, 32100, orderId=order_id)
    return Answer(200, _order_json(shop.sales[order_id], shop.seller_id))


def _paging(call: ReceivedCall) -> tuple[int, int]:
    limit, offset = call.query.get("limit", str(PAGE_SIZE)), call.query.get("offset", "0")
    if not limit.isdecimal() or not 1 <= int(limit) <= PAGE_SIZE_AT_MOST:
        raise refusal(400, 31100, limitvalue=limit)
    if not offset.isdecimal():
        raise refusal(400, 31000, offsetvalue=offset)
    return int(limit), int(offset)


def _named(shop: Shop, order_ids: str) -> list[Sale]:
    asked = order_ids.split(",")
    if len(asked) > IDS_AT_MOST:
        raise refusal(400, 30900)
    return [shop.sales[order_id] for order_id in asked if order_id in shop.sales]


def _page(shop: Shop, found: Sequence[Sale], *, limit: int, offset: int, query: str) -> dict[str, Any]:
    shown = [_order_json(sale, shop.seller_id) for sale in found[offset : offset + limit]]
    here = f"/sell/fulfillment/v1/order?{query}limit={limit}&offset="
    page: dict[str, Any] = {"href": f"{here}{offset}", "total": len(found), "limit": limit, "offset": offset}
    if offset + limit < len(found):
        page["next"] = f"{here}{offset + limit}"
    if offset:
        page["prev"] = f"{here}{max(0, offset - limit)}"
    return {**page, "orders": shown}


def _order_json(sale: Sale, seller_id: str) -> dict[str, Any]:
    stage = STAGES[sale.state]
    total = _money(sale)
    return {
        "orderId": sale.order_id,
        "creationDate": _iso(sale.created_at),
        "lastModifiedDate": _iso(sale.changed_at),
        "orderFulfillmentStatus": sale.fulfillment_status,
        "orderPaymentStatus": stage.payment,
        "cancelStatus": {"cancelState": stage.cancel, "cancelRequests": []},
        "sellerId": seller_id,
        "buyer": {"username": "camille_m", "buyerRegistrationAddress": BUYER, "taxAddress": {"countryCode": "FR"}},
        "pricingSummary": {"priceSubtotal": total, "deliveryCost": _zero(sale), "total": total},
        "paymentSummary": {
            "totalDueSeller": total,
            "refunds": [],
            "payments": [{"paymentMethod": "EBAY", "amount": total, "paymentStatus": _paid(stage)}],
        },
        "fulfillmentStartInstructions": [
            {
                "fulfillmentInstructionsType": "SHIP_TO",
                "shippingStep": {"shipTo": BUYER, "shippingCarrierCode": "", "shippingServiceCode": "FR_Colissimo"},
            }
        ],
        "fulfillmentHrefs": [],
        "totalFeeBasisAmount": total,
        "lineItems": [_line_json(sale)],
    }


def _line_json(sale: Sale) -> dict[str, Any]:
    return {
        "lineItemId": sale.line_id,
        "legacyItemId": sale.listing_id,
        "sku": sale.sku,
        "title": sale.title,
        "quantity": sale.quantity,
        "lineItemCost": _money(sale),
        "total": _money(sale),
        "deliveryCost": {"shippingCost": _zero(sale)},
        "soldFormat": "FIXED_PRICE",
        "listingMarketplaceId": sale.marketplace_id,
        "purchaseMarketplaceId": sale.marketplace_id,
        "lineItemFulfillmentStatus": sale.fulfillment_status,
        "lineItemFulfillmentInstructions": {
            "guaranteedDelivery": False,
            "minEstimatedDeliveryDate": _iso(sale.created_at + 3 * 86_400),
            "maxEstimatedDeliveryDate": _iso(sale.created_at + 6 * 86_400),
        },
        "properties": {"buyerProtection": True},
        "appliedPromotions": [],
        "refunds": [],
        "taxes": [],
    }


def _money(sale: Sale) -> dict[str, str]:
    return {"value": str(Decimal(sale.price) * sale.quantity), "currency": sale.currency}


def _zero(sale: Sale) -> dict[str, str]:
    return {"value": "0.0", "currency": sale.currency}


def _paid(stage: Stage) -> str:
    return "PENDING" if stage.payment == "PENDING" else "PAID"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at * 1000) % 1000:03d}Z"
