"""What happens on Vinted behind StoFlow's back: buyers buy and write, and the member is at work on the site itself."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stoflow.domain.errors import InputError
from stoflow.domain.outcome import FieldError
from stoflow_sandbox.calls import Effect
from stoflow_sandbox.sellers import Numbers
from stoflow_sandbox.vinted.trade import CANCELED, COMPLETED, IN_PROGRESS, Conversation, Said, Sale
from stoflow_sandbox.vinted.wardrobe import Item, Wardrobe, price_json

SALE_STATES: Mapping[str, str] = {"paid": IN_PROGRESS, "shipped": COMPLETED, "cancelled": CANCELED}
CHALLENGE = "challenge"
PRICE = re.compile(r"\d{1,5}(\.\d{1,2})?", re.ASCII)

Wishes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Registers:
    """The numbers Vinted gives to what people do."""

    buyers: Numbers
    transactions: Numbers
    conversations: Numbers
    messages: Numbers
    items: Numbers


def behave(wardrobe: Wardrobe, act: str, wishes: Wishes, registers: Registers) -> Effect:
    """Do one act to the item that `wishes["listing_id"]` names; InputError names the field at fault."""
    if act == CHALLENGE:  # nobody's act but the site's own, and about no item
        wardrobe.is_challenged = True
        return Effect(state="challenged", committed=False)
    if act not in _ACTS:
        raise _wrong("act", f"`act` is one of {', '.join([*_ACTS, CHALLENGE])}.")
    listing = str(wishes.get("listing_id", ""))
    item = wardrobe.items.get(int(listing)) if listing.isdecimal() else None
    if item is None:
        raise _wrong("listing_id", f"The member has no item {listing}.")
    return _ACTS[act](wardrobe, item, wishes, registers)


def _sell(wardrobe: Wardrobe, item: Item, wishes: Wishes, registers: Registers) -> Effect:
    """A buyer takes it; the order is in `state` and `days_ago` days old. A cancelled sale leaves the item as it is."""
    state, days_ago = wishes.get("state", "paid"), wishes.get("days_ago", 0)
    if item.is_draft or item.is_sold or item.is_hidden:
        raise _wrong("listing_id", f"Nobody can buy item {item.item_id}.")
    if state not in SALE_STATES:
        raise _wrong("state", f"An order is {', '.join(SALE_STATES)}.")
    if wishes.get("quantity", 1) != 1:
        raise _wrong("quantity", "There is one of each thing on Vinted.")
    if not isinstance(days_ago, int | float) or days_ago < 0:
        raise _wrong("days_ago", "An order is a number of days old.")
    conversation = _conversation(wardrobe, item, registers)
    wardrobe.sales[conversation.transaction_id] = Sale(
        transaction_id=conversation.transaction_id,
        conversation_id=conversation.conversation_id,
        item_id=item.item_id,
        title=item.title,
        price=price_json(wardrobe, item),
        date=(datetime.fromtimestamp(wardrobe.clock(), UTC) - timedelta(days=days_ago)).isoformat(),
        status=SALE_STATES[state],
    )
    item.is_sold = state != "cancelled"
    return item.effect()


def _edit(wardrobe: Wardrobe, item: Item, wishes: Wishes, registers: Registers) -> Effect:  # noqa: ARG001  # every act takes all
    """The member writes another `title` or `price`."""
    title, price = wishes.get("title"), wishes.get("price")
    if title is None and price is None:
        raise _wrong("title", "An edit changes the title or the price.")
    if price is not None and not PRICE.fullmatch(str(price)):
        raise _wrong("price", "A price is an amount such as 12.50.")
    if title is not None:
        item.fields["title"] = str(title)
    if price is not None:
        item.fields["price"] = float(price)
    return item.effect()


def _list(wardrobe: Wardrobe, item: Item, wishes: Wishes, registers: Registers) -> Effect:
    """The member lists another thing like it, under `title` where one is given."""
    fields = {**item.fields, "title": str(wishes.get("title", item.title))}
    made = Item(registers.items.take(), fields, is_draft=False)
    wardrobe.items[made.item_id] = made
    return made.effect()


def _delete(wardrobe: Wardrobe, item: Item, wishes: Wishes, registers: Registers) -> Effect:  # noqa: ARG001  # as above
    """The member takes it away."""
    del wardrobe.items[item.item_id]
    return item.effect("deleted")


def _reserve(wardrobe: Wardrobe, item: Item, wishes: Wishes, registers: Registers) -> Effect:  # noqa: ARG001  # as above
    """The member keeps it for somebody."""
    item.is_reserved = True
    return item.effect()


def _write(wardrobe: Wardrobe, item: Item, wishes: Wishes, registers: Registers) -> Effect:
    """A buyer says `text`; with `allow_reply` False nobody can answer. The effect names the conversation as offer."""
    text = wishes.get("text")
    if not isinstance(text, str) or not text.strip():
        raise _wrong("text", "A buyer says something.")
    conversation = _conversation(wardrobe, item, registers)
    conversation.messages.append(Said(registers.messages.take(), conversation.buyer, text))
    conversation.allow_reply = bool(wishes.get("allow_reply", True))
    return replace(item.effect(), offer_id=str(conversation.conversation_id))


_ACTS: Mapping[str, Callable[[Wardrobe, Item, Wishes, Registers], Effect]] = {
    "sell": _sell,
    "edit": _edit,
    "list": _list,
    "delete": _delete,
    "reserve": _reserve,
    "write": _write,
}


def _conversation(wardrobe: Wardrobe, item: Item, registers: Registers) -> Conversation:
    """Return the conversation about the item in which nothing was bought yet, a new one where there is none."""
    for conversation in wardrobe.conversations.values():
        if conversation.item_id == item.item_id and conversation.transaction_id not in wardrobe.sales:
            return conversation
    made = Conversation(
        conversation_id=registers.conversations.take(),
        transaction_id=registers.transactions.take(),
        item_id=item.item_id,
        buyer=registers.buyers.take(),
    )
    wardrobe.conversations[made.conversation_id] = made
    return made


def _wrong(field: str, message: str) -> InputError:
    return InputError(message, (FieldError(field, message),))
