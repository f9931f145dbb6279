"""What was seen of an account, as its owner reads it: listings by id, orders last learned of first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.domain.observed import OrderLine
from stoflow.storage.engine.observe.oversales import NAMED_WITH, OVERSALES, is_older
from stoflow.storage.engine.statement import bind, s

LISTINGS = """
SELECT external_id, product_id, state, title, price, currency, quantity, url, sku, first_seen_at, seen_at, edited_at
FROM {s}.remote_listings
WHERE marketplace = %(marketplace)s AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(linked)s::bool IS NULL OR (product_id IS NOT NULL) = %(linked)s)
  AND (%(after)s::text IS NULL OR external_id > %(after)s)
ORDER BY external_id LIMIT %(limit)s
"""

# Orders come in the order in which StoFlow learned of them; `at` is that time, in microseconds.
ORDERS = f"""
WITH shown AS MATERIALIZED (
  SELECT o.*, (extract(epoch FROM o.created_at) * 1000000)::bigint AS at FROM {s}.orders o
  WHERE o.marketplace = %(marketplace)s AND (%(at)s::bigint IS NULL
    OR ((extract(epoch FROM o.created_at) * 1000000)::bigint, o.external_id) < (%(at)s::bigint, %(before)s::text))
  ORDER BY at DESC, o.external_id DESC LIMIT %(limit)s
), short AS (
  SELECT p.id, p.oversold, p.restocked_at, p.created_at FROM {s}.products p
  WHERE p.oversold > 0 AND p.id IN (
    SELECT l.product_id FROM shown JOIN {s}.order_lines l
      ON l.marketplace = shown.marketplace AND l.order_id = shown.external_id)
), rivals AS (
  SELECT l.product_id, l.marketplace, l.order_id, o.ordered_at, o.created_at, sum(l.quantity) AS quantity
  FROM short JOIN {s}.order_lines l ON l.product_id = short.id
  JOIN {s}.orders o ON o.marketplace = l.marketplace AND o.external_id = l.order_id
  WHERE o.state <> 'cancelled' AND NOT {is_older("o", than="short")} GROUP BY 1, 2, 3, 4, 5
), {OVERSALES}
SELECT o.external_id, o.state, o.ordered_at, o.total, o.currency, o.created_at, o.updated_at,
  (SELECT jsonb_agg(l ORDER BY l.line_id) FROM (
     SELECT line_id, listing_id, product_id, sku, title, quantity, amount::text FROM {s}.order_lines
     WHERE marketplace = o.marketplace AND order_id = o.external_id) AS l) AS lines,
  (SELECT jsonb_agg(DISTINCT early.value) FROM oversales CROSS JOIN jsonb_array_elements(shared_with) AS early
    WHERE oversales.marketplace = o.marketplace AND oversales.order_id = o.external_id) AS shares_with
FROM shown o ORDER BY at DESC, o.external_id DESC
"""


@dataclass(frozen=True, slots=True)
class ListingView:
    """A listing as the marketplace showed it last. `edited_at`: when it was first seen changed by others."""

    external_id: str
    product_id: int | None
    state: str
    title: str
    price: Decimal | None
    currency: str
    quantity: int
    url: str
    sku: str
    first_seen_at: datetime
    seen_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderName:
    """Which order, and when it was made by the marketplace's own time."""

    marketplace: str
    order_id: str
    ordered_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as it was seen last; nothing of a cancelled one counts, so it may have no lines.

    `shares_with` are earlier orders for the same pieces, of which there were too few for this one too.
    """

    external_id: str
    state: str
    ordered_at: datetime | None
    total: Decimal | None
    currency: str
    lines: tuple[OrderLine, ...]
    created_at: datetime
    updated_at: datetime
    shares_with: tuple[OrderName, ...] = ()


def view_listings(connection: Connection[DictRow], tenant: TenantId, **filters: Any) -> Sequence[ListingView]:
    """Return listings; `filters` are LISTINGS' parameters, each None for any."""
    return [ListingView(**row) for row in bind(LISTINGS, tenant, **filters).on(connection)]


def view_orders(connection: Connection[DictRow], tenant: TenantId, **filters: Any) -> Sequence[OrderView]:
    """Return orders with their lines; `filters` are ORDERS' parameters, `at` None for the newest."""
    return [_order(row) for row in bind(ORDERS, tenant, named_with=NAMED_WITH, **filters).on(connection)]


def _order(row: DictRow) -> OrderView:
    values: dict[str, Any] = {
        **row,
        "lines": tuple(map(_line, row["lines"] or ())),
        "shares_with": tuple(map(_order_name, row["shares_with"] or ())),
    }
    return OrderView(**values)


def _order_name(found: Mapping[str, Any]) -> OrderName:
    ordered_at = datetime.fromisoformat(found["ordered_at"]) if found["ordered_at"] else None
    return OrderName(found["marketplace"], found["order_id"], ordered_at)


def _line(found: Mapping[str, Any]) -> OrderLine:
    return OrderLine(
        line_id=found["line_id"],
        listing_id=found["listing_id"],
        quantity=found["quantity"],
        title=found["title"],
        sku=found["sku"],
        amount=Decimal(found["amount"]) if found["amount"] is not None else None,
        product=found["product_id"],
    )
