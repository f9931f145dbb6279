"""What was bought in an Etsy shop: its receipts, without the buyers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from typing import Any

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Request
from stoflow.domain.ids import TenantId
from stoflow.domain.observed import Order, OrderLine, OrdersSeen, OrderState
from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.etsy.clients.receipt import get_shop_receipts
from stoflow.marketplaces.etsy.lists import LAST_OFFSET, PAGE_SIZE, Item, Page, items_in, read_page
from stoflow.marketplaces.etsy.mapping import product_in
from stoflow.marketplaces.etsy.money import amount_in
from stoflow.marketplaces.outputs import id_in, text_in
from stoflow.marketplaces.paging import after_page, read_each
from stoflow.marketplaces.replies import reply_of

OVERLAP_S = 3600
"""How long before the last run began this one begins: clocks differ, and a receipt may be listed later than its time
says. What is seen twice counts once."""
FIRST_RUN_DAYS = 90
CANCELLED = frozenset({"canceled", "fully refunded"})

Place = Mapping[str, int]


def _now() -> datetime:
    return datetime.now(UTC)


class EtsyOrders:
    """One method per task."""

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self._now = now

    def page(self, attempt: Attempt) -> Conversation:
        """Ask for one page of receipts. Output: `next`, the place where the page after it begins.

        A list that Etsy denies to have is not believed to be complete: the next run asks for the same time again.
        """
        place = self._place(attempt)
        page = read_page(reply_of((yield _request(attempt.account.external_id, place))))
        if not isinstance(page, Page):
            return page
        follows = _place_after(place, page)
        then = after_page(attempt, more=follows is not None, then="save")
        complete = follows is None and not page.denied
        orders, odd = read_each(page.items, partial(_order, tenant=attempt.tenant), "receipt_id")
        output = ({"next": follows} if follows else {}) | ({"unread": odd} if odd else {})
        return Done(output, seen=OrdersSeen(then, orders, complete=complete))

    def _place(self, attempt: Attempt) -> Place:
        """Return where this page begins: the page before has said it, and since when receipts are asked for."""
        if attempt.index > 1:
            return attempt.outputs[f"page:{attempt.index - 1}"]["next"]
        last = attempt.since
        begin = last - timedelta(seconds=OVERLAP_S) if last else self._now() - timedelta(days=FIRST_RUN_DAYS)
        return {"since": int(begin.timestamp()), "offset": 0}


def _place_after(place: Place, page: Page) -> Place | None:
    """Return where the next page begins; None behind the last. Behind the last offset that Etsy takes, the list is
    begun anew from the time of the newest receipt seen."""
    offset = page.next_offset(place["offset"])
    if offset is None or offset <= LAST_OFFSET:
        return None if offset is None else {**place, "offset": offset}
    newest = max(int(made) for made in _created(page.items))
    return {**place, "created": newest, "offset": 0} if newest > place.get("created", 0) else None


def _created(receipts: Iterable[Item]) -> Iterator[str]:
    told = (text_in(receipt, "created_timestamp") for receipt in receipts)
    yield from ("0", *(made for made in told if made.isascii() and made.isdecimal()))


def _request(shop: str, place: Place) -> Request:
    """Sort by what never changes: a receipt that joins the list while it is read moves others back, so that none is
    passed over. One that joins before the place reached has changed since the run began, and is for the next one."""
    since, offset = place["since"], place["offset"]
    return get_shop_receipts(
        shop,
        min_last_modified=since,
        min_created=place.get("created"),
        sort_on="receipt_id",
        sort_order="asc",
        limit=PAGE_SIZE,
        offset=offset,
    )


def _order(receipt: Item, tenant: TenantId) -> Order:
    return Order(
        external_id=id_in(receipt, "receipt_id"),
        state=_state(receipt),
        lines=tuple(_lines(receipt, tenant)),
        ordered_at=_ordered_at(receipt),
        total=amount_in(receipt.get("grandtotal")),
        currency=text_in(receipt, "grandtotal", "currency_code"),
    )


def _lines(receipt: Item, tenant: TenantId) -> Iterator[OrderLine]:
    for transaction in items_in(receipt, "transactions"):
        quantity, sku = int(text_in(transaction, "quantity") or 1), text_in(transaction, "sku")
        price = amount_in(transaction.get("price"))
        yield OrderLine(
            line_id=id_in(transaction, "transaction_id"),
            listing_id=text_in(transaction, "listing_id"),
            quantity=quantity,
            title=unescape(text_in(transaction, "title")),
            sku=sku,
            amount=None if price is None else price * quantity,
            product=product_in(sku, tenant),
        )


def _state(receipt: Item) -> OrderState:
    """Return the state: the contract writes a status in small letters, Etsy itself with capitals."""
    if text_in(receipt, "status").lower() in CANCELLED:
        return OrderState.CANCELLED
    if receipt.get("is_shipped") is True:
        return OrderState.SHIPPED
    return OrderState.PAID if receipt.get("is_paid") is True else OrderState.UNPAID


def _ordered_at(receipt: Any) -> datetime | None:
    seconds = text_in(receipt, "created_timestamp")
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None
