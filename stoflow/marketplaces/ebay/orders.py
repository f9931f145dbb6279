"""What was bought of a seller on eBay, page by page; nothing of the buyer is kept."""

from datetime import UTC, datetime, timedelta
from functools import partial

from stoflow.domain.attempt import Attempt
from stoflow.domain.ids import TenantId
from stoflow.domain.observed import Order, OrderLine, OrdersSeen, OrderState
from stoflow.domain.outcome import Done
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.ebay.clients.fulfillment import get_orders
from stoflow.marketplaces.ebay.mapping import product_in
from stoflow.marketplaces.ebay.reading import ListPage, Shown, amount_in, list_page
from stoflow.marketplaces.outputs import id_in, text_in
from stoflow.marketplaces.paging import after_page, read_each
from stoflow.marketplaces.replies import reply_of

ORDERS_A_PAGE = 100
"""eBay gives up to 200; half of that keeps an answer of large orders well below what the transport reads."""
READ_AGAIN = 10
"""With how many orders of the page before a page begins: a list by last change, of which one changes while it is
paged through, draws those behind it forward, and what slipped onto a page already read would not be seen again."""
OVERLAP_S = 3_600
"""How far before the last complete run a run begins: clocks differ, and eBay may show late what it dates earlier.
An order counts once, so reading it again costs nothing."""
FIRST_DAYS = 90
"""How far back the first run looks: as far as eBay does by itself."""
UNPAID = frozenset({"PENDING", "FAILED"})


class EbayOrders:
    """One method per task."""

    def page(self, attempt: Attempt) -> Conversation:
        """Read one page of orders. Output: `filter`, so that every page is one of the same list."""
        wanted = _filter(attempt)
        offset = (attempt.index - 1) * (ORDERS_A_PAGE - READ_AGAIN)  # a number of orders
        asked = get_orders(wanted=wanted, limit=ORDERS_A_PAGE, offset=offset)
        orders = list_page(reply_of((yield asked)), "orders")
        if not isinstance(orders, ListPage):
            return orders
        more = bool(orders.objects) and offset + len(orders.objects) < orders.total
        then = after_page(attempt, more=more, then="save")
        seen, odd = read_each(orders.objects, partial(_order, tenant=attempt.tenant), "orderId")
        output = {"filter": wanted} | ({"unread": odd} if odd else {})
        return Done(output, seen=OrdersSeen(then, seen, complete=not more))


def _filter(attempt: Attempt) -> str:
    """Return what the first page asked for. It has no end: a list that only grows leaves nobody out."""
    first = attempt.outputs.get("page:1")
    if first is not None:
        return str(first["filter"])
    if attempt.since is not None:
        return f"lastmodifieddate:[{_stamp(attempt.since - timedelta(seconds=OVERLAP_S))}..]"
    return f"creationdate:[{_stamp(datetime.now(UTC) - timedelta(days=FIRST_DAYS))}..]"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _order(shown: Shown, tenant: TenantId) -> Order:
    return Order(
        external_id=id_in(shown, "orderId"),
        state=_state(shown),
        lines=tuple(_line(line, tenant) for line in shown["lineItems"]),
        ordered_at=datetime.fromisoformat(shown["creationDate"]),
        total=amount_in(shown, "pricingSummary", "total"),
        currency=text_in(shown, "pricingSummary", "total", "currency"),
    )


def _state(shown: Shown) -> OrderState:
    """Return how far an order is. A refund without a cancellation leaves open where the thing is: it counts as sold."""
    if text_in(shown, "cancelStatus", "cancelState") == "CANCELED":
        return OrderState.CANCELLED
    if text_in(shown, "orderFulfillmentStatus") == "FULFILLED":
        return OrderState.SHIPPED
    return OrderState.UNPAID if text_in(shown, "orderPaymentStatus") in UNPAID else OrderState.PAID


def _line(shown: Shown, tenant: TenantId) -> OrderLine:
    sku = text_in(shown, "sku")
    return OrderLine(
        line_id=id_in(shown, "lineItemId"),
        listing_id=text_in(shown, "legacyItemId"),
        quantity=int(shown["quantity"]),
        title=text_in(shown, "title"),
        sku=sku,
        amount=amount_in(shown, "total"),
        product=product_in(sku, tenant),
    )
