"""Vinted's lists of orders and conversations, and the member's own words in them."""

from collections.abc import Sequence
from typing import Any, TypeVar

from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.sellers import Numbers
from stoflow_sandbox.vinted.errors import NOT_FOUND, invalid
from stoflow_sandbox.vinted.trade import STATUS_TEXTS, Conversation, Said
from stoflow_sandbox.vinted.wardrobe import Wardrobe

PAGE_SIZE = 20
PAGE_SIZE_AT_MOST = 96
TITLE_LENGTH = 100

Thing = TypeVar("Thing")


def page_of(call: ReceivedCall, things: Sequence[Thing]) -> tuple[Sequence[Thing], dict[str, int]]:
    """Return the page a call asks for, and how the site counts its pages."""
    page, per_page = call.query.get("page", "1"), call.query.get("per_page", str(PAGE_SIZE))
    if not (page.isdecimal() and per_page.isdecimal() and int(page) and int(per_page)):
        raise invalid([("page", "Page is not valid")])
    size = min(int(per_page), PAGE_SIZE_AT_MOST)
    pagination = {
        "current_page": int(page),
        "total_pages": -(-len(things) // size),
        "total_entries": len(things),
        "per_page": size,
    }
    return things[(int(page) - 1) * size : int(page) * size], pagination


def number_in_path(call: ReceivedCall, name: str) -> int:
    """Return the number in the call's path, 0 where there is none."""
    text = call.path[name]
    return int(text) if text.isdecimal() else 0


def list_orders(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """List what was sold, newest first; a member of the sandbox buys nothing."""
    kind, status = call.query.get("type", "sold"), call.query.get("status", "all")
    if kind not in {"sold", "purchased"} or status not in {"all", *STATUS_TEXTS}:
        raise invalid([("status", "Status is not valid")])
    sales = [sale for sale in wardrobe.sales.values() if kind == "sold" and status in {"all", sale.status}]
    newest_first = sorted(sales, key=lambda sale: (sale.date, sale.transaction_id), reverse=True)
    shown, pagination = page_of(call, newest_first)
    return Answer(200, {"my_orders": [sale.order_json() for sale in shown], "pagination": pagination, "code": 0})


def show_transaction(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """Show one sale."""
    sale = wardrobe.sales.get(number_in_path(call, "transaction_id"))
    if sale is None:
        raise Refusal(NOT_FOUND)
    shown: dict[str, Any] = {"id": sale.transaction_id, "item_id": sale.item_id, "item_title": sale.title}
    return Answer(200, {"transaction": shown, "code": 0})


def list_inbox(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """List the conversations, the latest first."""
    latest_first = sorted(wardrobe.conversations.values(), key=lambda each: each.conversation_id, reverse=True)
    shown, pagination = page_of(call, latest_first)
    return Answer(200, {"conversations": [each.inbox_json() for each in shown], "pagination": pagination, "code": 0})


def show_conversation(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
    """Show one conversation, with all that was said in it."""
    return Answer(200, {"conversation": _own(wardrobe, call).as_json(), "code": 0})


def reply(wardrobe: Wardrobe, call: ReceivedCall, numbers: Numbers) -> Answer:
    """Say something: said twice, it is there twice."""
    conversation = _own(wardrobe, call)
    given = call.json.get("reply") if isinstance(call.json, dict) else None
    body = given.get("body") if isinstance(given, dict) else None
    if not isinstance(body, str) or not body.strip():
        raise invalid([("body", "Body is not valid")])
    if not conversation.allow_reply:
        raise invalid([("base", "The conversation is closed")])
    conversation.messages.append(Said(numbers.take(), wardrobe.user_id, body))
    effect = Effect(listing_id=str(conversation.item_id), state="sent", title=body[:TITLE_LENGTH])
    return Answer(200, {"code": 0}, effect=effect)


def _own(wardrobe: Wardrobe, call: ReceivedCall) -> Conversation:
    conversation = wardrobe.conversations.get(number_in_path(call, "conversation_id"))
    if conversation is None:
        raise Refusal(NOT_FOUND)
    return conversation
