"""Etsy's receipts: what was bought in a shop, with the buyer's name and address."""

from collections.abc import Callable, Mapping
from typing import Any

from stoflow_sandbox.calls import Answer, ReceivedCall
from stoflow_sandbox.etsy.errors import refusal
from stoflow_sandbox.etsy.listings import check_shop, shown_page
from stoflow_sandbox.etsy.shop import Receipt, Shop, money

EARLIEST_TIME = 946_684_800
BUYER: Mapping[str, Any] = {
    "buyer_user_id": 600_000_001,
    "buyer_email": None,
    "name": "Camille Lefèvre",
    "first_line": "12 rue des Lilas",
    "second_line": None,
    "city": "Nantes",
    "state": None,
    "zip": "44000",
    "formatted_address": "Camille Lefèvre\n12 rue des Lilas\n44000 NANTES\nFrance",
    "country_iso": "FR",
    "payment_method": "cc",
    "payment_email": None,
    "message_from_buyer": "Merci !",
    "message_from_seller": None,
    "message_from_payment": None,
    "is_gift": False,
    "gift_message": "",
    "gift_sender": "",
}
NOTHING_TO_PAY = ("total_shipping_cost", "total_tax_cost", "total_vat_cost", "discount_amt", "gift_wrap_price")

TIMES: Mapping[str, Callable[[Receipt, int], bool]] = {
    "min_created": lambda receipt, time: receipt.created_at >= time,
    "max_created": lambda receipt, time: receipt.created_at <= time,
    "min_last_modified": lambda receipt, time: receipt.changed_at >= time,
    "max_last_modified": lambda receipt, time: receipt.changed_at <= time,
}
FLAGS: Mapping[str, Callable[[Receipt], bool]] = {
    "was_paid": lambda receipt: receipt.is_paid,
    "was_shipped": lambda receipt: receipt.is_shipped,
    "was_delivered": lambda receipt: False,  # noqa: ARG005  # nothing arrives in the sandbox
    "was_canceled": lambda receipt: receipt.status == "canceled",
}
SORTS: Mapping[str, Callable[[Receipt], tuple[int, int]]] = {
    "created": lambda receipt: (receipt.created_at, receipt.receipt_id),
    "updated": lambda receipt: (receipt.changed_at, receipt.receipt_id),
    "receipt_id": lambda receipt: (receipt.receipt_id, 0),
}
DOWNWARDS = {"asc": False, "ascending": False, "up": False, "desc": True, "descending": True, "down": True}


def show_receipts(shop: Shop, call: ReceivedCall) -> Answer:
    """getShopReceipts: newest first where nothing else is asked for."""
    check_shop(shop, call)
    sort = SORTS[_one_of("sort_on", SORTS, call, "created")]
    downwards = DOWNWARDS[_one_of("sort_order", DOWNWARDS, call, "desc")]
    found = sorted((each for each in shop.receipts.values() if _fits(each, call)), key=sort, reverse=downwards)
    shown = [receipt_json(shop, receipt) for receipt in shown_page(shop, found, call)]
    return Answer(200, {"count": len(found), "results": shown})


def show_receipt(shop: Shop, call: ReceivedCall) -> Answer:
    """getShopReceipt."""
    check_shop(shop, call)
    number = call.path["receipt_id"]
    receipt = shop.receipts.get(int(number)) if number.isdecimal() else None
    if receipt is None:
        where = f"receipt_id = {number} associated with shop_id = {shop.shop_id}"
        raise refusal(404, f"Could not find a Shop Receipt with {where}.")
    return Answer(200, receipt_json(shop, receipt))


def receipt_json(shop: Shop, receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as getShopReceipt shows it."""
    total = money(receipt.price * receipt.quantity, shop.currency)
    return {
        **BUYER,
        "receipt_id": receipt.receipt_id,
        "receipt_type": 0,
        "seller_user_id": shop.user_id,
        "seller_email": None,
        "status": receipt.status,
        "is_paid": receipt.is_paid,
        "is_shipped": receipt.is_shipped,
        "create_timestamp": receipt.created_at,
        "created_timestamp": receipt.created_at,
        "update_timestamp": receipt.changed_at,
        "updated_timestamp": receipt.changed_at,
        **{name: money(0, shop.currency) for name in NOTHING_TO_PAY},
        **dict.fromkeys(("grandtotal", "subtotal", "total_price"), total),
        "shipments": [],
        "transactions": [_transaction_json(shop, receipt)],
        "refunds": [],
    }


def _transaction_json(shop: Shop, receipt: Receipt) -> dict[str, Any]:
    return {
        "transaction_id": receipt.transaction_id,
        "title": receipt.title,
        "description": receipt.title,
        "seller_user_id": shop.user_id,
        "buyer_user_id": BUYER["buyer_user_id"],
        "create_timestamp": receipt.created_at,
        "created_timestamp": receipt.created_at,
        "paid_timestamp": receipt.created_at if receipt.is_paid else None,
        "shipped_timestamp": receipt.changed_at if receipt.is_shipped else None,
        "quantity": receipt.quantity,
        "listing_image_id": None,
        "receipt_id": receipt.receipt_id,
        "is_digital": False,
        "file_data": "",
        "listing_id": receipt.listing_id,
        "transaction_type": "listing",
        "product_id": receipt.product_id,
        "sku": receipt.sku,
        "price": money(receipt.price, shop.currency),
        "shipping_cost": money(0, shop.currency),
        "variations": [],
        "product_data": [],
        "shipping_profile_id": shop.shipping_profile_id,
        "min_processing_days": 1,
        "max_processing_days": 3,
        "shipping_method": None,
        "shipping_upgrade": None,
        "expected_ship_date": None,
        "buyer_coupon": 0,
        "shop_coupon": 0,
    }


def _fits(receipt: Receipt, call: ReceivedCall) -> bool:
    times = all(fits(receipt, _time(name, call)) for name, fits in TIMES.items() if name in call.query)
    return times and all(has(receipt) is _flag(name, call) for name, has in FLAGS.items() if name in call.query)


def _time(name: str, call: ReceivedCall) -> int:
    text = call.query[name]
    if not text.isdecimal() or int(text) < EARLIEST_TIME:
        raise refusal(400, f"Invalid {name}: it must be a time in epoch seconds, {EARLIEST_TIME} at the earliest.")
    return int(text)


def _flag(name: str, call: ReceivedCall) -> bool:
    text = call.query[name].lower()
    if text not in {"true", "false"}:
        raise refusal(400, f"Expected boolean value for '{name}' (got '{text}')")
    return text == "true"


def _one_of(name: str, allowed: Mapping[str, Any], call: ReceivedCall, default: str) -> str:
    value = call.query.get(name, default)
    if value not in allowed:
        raise refusal(400, f"Invalid enum value for '{name}' (got '{value}')")
    return value
