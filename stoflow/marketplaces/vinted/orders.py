"""What was bought of a member: Vinted's own lists of the sold, each gone through page by page."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Answer, Call, Command, Response
from stoflow.domain.observed import Order, OrderLine, OrdersSeen, OrderState
from stoflow.domain.outcome import Done, Outcome
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.paging import after_page, is_about_one, unread
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.vinted import failures
from stoflow.marketplaces.vinted.items import amount_in
from stoflow.marketplaces.vinted.pages import Entry, Page, ask_for_page

# What Vinted says of an order is a text in the member's language; the names of its lists are words. An order has the
# state of the first of these that shows it.
STATES: Mapping[str, OrderState] = {
    "canceled": OrderState.CANCELLED,
    "completed": OrderState.SHIPPED,
    "all": OrderState.PAID,
}
LISTS = tuple(STATES)
PAGE_SIZE = 20
NUMBERLESS = {"name": "an order", "reason": "Vinted showed it without its number."}
RECORDED_AFTER = timedelta(days=1)
"""An order that much older than the last complete run was recorded by it, with what was bought."""
PAST_AFTER = timedelta(days=30)
"""An order that much older is left as it is recorded. How long Vinted may still cancel a sale is not published."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a task reads: a page of one of the lists."""

    listed: str
    page: int

    @property
    def command(self) -> Command:
        payload = {"type": "sold", "status": self.listed, "page": self.page, "per_page": PAGE_SIZE}
        return Command("vinted.orders.list", payload)

    def next(self, *, ends: bool) -> "_Place | None":
        if not ends:
            return _Place(self.listed, self.page + 1)
        return _Place(LISTS[LISTS.index(self.listed) + 1], 1) if self.listed != LISTS[-1] else None


@dataclass(frozen=True, slots=True)
class _Read:
    """The orders of a page, and how the result names those that Vinted did not show."""

    orders: tuple[Order, ...]
    refused: tuple[Mapping[str, str], ...]


class VintedOrders:
    """One method per task."""

    def page(self, attempt: Attempt) -> Conversation:
        """Record one page. Output: `told`, the orders of this page, and `next`, the list and page that follow."""
        place = _place(attempt)
        page = yield from ask_for_page(place.command, "my_orders", number=place.page, size=PAGE_SIZE)
        if not isinstance(page, Page):
            return page
        numbered = [entry for entry in page.entries if text_in(entry, "transaction_id")]
        read = yield from _orders(attempt, _untold(attempt, numbered), STATES[place.listed])
        if isinstance(read, Outcome):
            return read
        odd = [NUMBERLESS] * (len(page.entries) - len(numbered))
        follows = place.next(ends=page.is_last or _only_past_follows(page.entries, attempt.since))
        return _seen(attempt, replace(read, refused=(*odd, *read.refused)), follows)


def _place(attempt: Attempt) -> _Place:
    before = attempt.outputs.get(f"page:{attempt.index - 1}", {}).get("next")
    return _Place(before["list"], before["page"]) if before else _Place(LISTS[0], 1)


def _untold(attempt: Attempt, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return the orders of a page that no page before told and that may have changed since they were recorded."""
    told = {order for output in attempt.outputs.values() for order in output.get("told", ())}
    recent = (entry for entry in entries if not _is_before(entry, attempt.since, PAST_AFTER))
    return [entry for entry in recent if text_in(entry, "transaction_id") not in told]


def _orders(
    attempt: Attempt, given: Sequence[Entry], state: OrderState
) -> Generator[Call, Response, "_Read | Outcome"]:
    orders, refused = list[Order](), list[Mapping[str, str]]()
    for entry in given:
        lines: tuple[OrderLine, ...] = ()
        if state is not OrderState.CANCELLED and not _is_before(entry, attempt.since, RECORDED_AFTER):
            listing_id = yield from _item_bought(entry)
            if is_about_one(listing_id):
                refused.append(unread(text_in(entry, "transaction_id"), listing_id))
                continue
            if not isinstance(listing_id, str):
                return listing_id
            lines = (_line(entry, listing_id),)
        orders.append(_order(entry, state, lines))
    return _Read(tuple(orders), tuple(refused))


def _item_bought(order: Entry) -> Generator[Call, Response, str | Outcome]:
    """Return the id of the item, "" where Vinted does not say it, or why it cannot now.

    The list names no item. The conversation about an order does; where the member has deleted it, the transaction is
    asked, of which it is not established what it holds.
    """
    transaction_id, conversation_id = text_in(order, "transaction_id"), text_in(order, "conversation_id")
    if conversation_id:
        answer = answer_of((yield Command("vinted.conversation.get", {"id": conversation_id})))
        if not answer.success and not _is_about_it(answer):
            return failures.outcome_of(answer, unsafe=False)
        conversation = failures.body_of(answer).get("conversation")
        item_id = text_in(conversation, "transaction", "item_id")
        if item_id and text_in(conversation, "transaction", "id") == transaction_id:
            return item_id
    answer = answer_of((yield Command("vinted.transaction.get", {"id": transaction_id})))
    if not answer.success and answer.error_code != failures.NOT_FOUND:
        return failures.outcome_of(answer, unsafe=False)
    return text_in(failures.body_of(answer), "transaction", "item_id")


def _is_about_it(answer: Answer) -> bool:
    """Say whether Vinted refuses this one conversation: the transaction may say as much."""
    return answer.error_code == failures.NOT_FOUND or is_about_one(failures.outcome_of(answer, unsafe=False))


def _order(entry: Entry, state: OrderState, lines: tuple[OrderLine, ...]) -> Order:
    return Order(
        external_id=text_in(entry, "transaction_id"),
        state=state,
        lines=lines,
        ordered_at=_date(entry),
        total=amount_in(entry),
        currency=text_in(entry, "price", "currency_code") or text_in(entry, "price", "currency"),
    )


def _line(entry: Entry, listing_id: str) -> OrderLine:
    """Return the one line of an order: a transaction is about one item."""
    transaction_id = text_in(entry, "transaction_id")
    return OrderLine(transaction_id, listing_id, title=text_in(entry, "title"), amount=amount_in(entry))


def _date(entry: Entry) -> datetime | None:
    """Return when it was bought, None where the date is not one that says its own time zone."""
    try:
        date = datetime.fromisoformat(text_in(entry, "date"))
    except ValueError:
        return None
    return date if date.tzinfo else None


def _is_before(entry: Entry, since: datetime | None, time: timedelta) -> bool:
    """Say whether an order is that much older than the last complete run; one without a date is not."""
    date = _date(entry)
    return since is not None and date is not None and date < since - time


def _only_past_follows(entries: Sequence[Entry], since: datetime | None) -> bool:
    """Say whether what follows this page is past: all of it is and, as far as it shows, the newest come first."""
    dates = [date for date in map(_date, entries) if date is not None]
    is_past = bool(entries) and all(_is_before(entry, since, PAST_AFTER) for entry in entries)
    return is_past and dates == sorted(dates, reverse=True)


def _seen(attempt: Attempt, read: "_Read", follows: _Place | None) -> Outcome:
    told = [*(order.external_id for order in read.orders), *(each["name"] for each in read.refused)]
    output: dict[str, Any] = {"told": told}
    if read.refused:
        output["unread"] = list(read.refused)
    if follows is not None:
        output["next"] = {"list": follows.listed, "page": follows.page}
    then = after_page(attempt, more=follows is not None, then="save")
    return Done(output, seen=OrdersSeen(then, read.orders, complete=follows is None))
