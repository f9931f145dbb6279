"""What a plugin hands on of a member's orders and conversations: what StoFlow reads, and nothing of a buyer's.

Each function returns what is left of a page's JSON, {} where the page is of another shape.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

OF_AN_ORDER = ("transaction_id", "conversation_id", "title", "price", "status", "date")
OF_A_TRANSACTION = ("id", "item_id")
OF_A_CONVERSATION = ("id", "allow_reply")

Json = Mapping[str, Any]


def orders(body: Any) -> Json:
    """Return a page of orders: what was bought, and when."""
    return _left(lambda: {"my_orders": _each(OF_AN_ORDER, body["my_orders"]), "pagination": body.get("pagination")})


def transaction(body: Any) -> Json:
    """Return which item a transaction is about."""
    return _left(lambda: {"transaction": _only(OF_A_TRANSACTION, body["transaction"])})


def conversation(body: Any, member: int) -> Json:
    """Return what a conversation is about, and what the member said in it."""
    return _left(lambda: {"conversation": _of_the_member(body["conversation"], member)})


def _of_the_member(whole: Json, member: int) -> Json:
    own = [message for message in whole["messages"] if message.get("entity", message).get("user_id") in {None, member}]
    about = _only(OF_A_TRANSACTION, whole.get("transaction") or {})
    return {**_only(OF_A_CONVERSATION, whole), "transaction": about, "messages": own}


def _left(reduced: Callable[[], Json]) -> Json:
    try:
        return reduced()
    except (AttributeError, KeyError, TypeError):
        return {}


def _each(names: Sequence[str], whole: Sequence[Json]) -> list[Json]:
    return [_only(names, each) for each in whole]


def _only(names: Sequence[str], whole: Json) -> Json:
    return {name: whole[name] for name in names if name in whole}
