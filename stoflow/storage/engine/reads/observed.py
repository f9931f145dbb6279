"""What was seen of an account, as its owner reads it: listings by id, orders last learned of first."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
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
SELECT o.external_id, o.state, o.ordered_at, o.total, o.currency, o.created_at, o.updated_at, o.at,
  (SELECT jsonb_agg(l ORDER BY l.line_id) FROM (
     SELECT line_id, listing_id, product_id, sku, title, quantity, amount::text FROM {s}.order_lines
     WHERE marketplace = o.marketplace AND order_id = o.external_id) AS l) AS lines,
  (SELECT jsonb_agg(DISTINCT early.value) FROM oversales CROSS JOIN jsonb_array_elements(shared_with) AS early
    WHERE oversales.marketplace = o.marketplace AND oversales.order_id = o.external_id) AS shares_with
FROM shown o ORDER BY at DESC, o.external_id DESC
"""


def view_listings(connection: Connection[DictRow], tenant: TenantId, **filters: Any) -> Sequence[DictRow]:
    """Return listings; `filters` are LISTINGS' parameters, each None for any."""
    return bind(LISTINGS, tenant, **filters).on(connection).fetchall()


def view_orders(connection: Connection[DictRow], tenant: TenantId, **filters: Any) -> Sequence[DictRow]:
    """Return orders with their lines; `filters` are ORDERS' parameters, `at` None for the newest."""
    return bind(ORDERS, tenant, named_with=NAMED_WITH, **filters).on(connection).fetchall()
