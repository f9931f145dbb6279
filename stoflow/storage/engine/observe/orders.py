"""Settles of pages of orders: what was bought is counted once, taken from the stock, and, where none is left, named."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from stoflow.domain.observed import Order, OrderState
from stoflow.storage.engine.observe.oversales import NAMED_WITH, OVERSALES, is_older
from stoflow.storage.engine.observe.page_frame import ENDED, ENDING, FENCE
from stoflow.storage.engine.statement import s

UNREAD_AT_MOST_S = 7 * 86_400.0

# The orders of a page, and what of them is new. `turned` is what orders that are known count for no more, or again.
KNOWN = f"""given AS (
  SELECT DISTINCT ON (g.external_id) g.* FROM job, jsonb_to_recordset(%(orders)s) AS g(external_id text, state text,
    ordered_at timestamptz, total numeric(12, 2), currency text) ORDER BY g.external_id
), was AS MATERIALIZED (
  SELECT o.external_id, o.state FROM given CROSS JOIN job
  JOIN {s}.orders o ON o.marketplace = job.marketplace AND o.external_id = given.external_id
), known AS (
  INSERT INTO {s}.orders AS o (marketplace, external_id, state, ordered_at, total, currency, job_id)
  SELECT job.marketplace, given.*, job.id FROM given, job
  ON CONFLICT (marketplace, external_id) DO UPDATE SET state = EXCLUDED.state, updated_at = clock_timestamp()
    WHERE o.state <> EXCLUDED.state
  RETURNING marketplace, external_id, state, ordered_at, created_at, xmax = 0 AS is_new
), turned AS (
  SELECT l.product_id, sum(CASE WHEN known.state = 'cancelled' THEN - l.quantity ELSE l.quantity END) AS quantity
  FROM known JOIN was USING (external_id)
  JOIN {s}.order_lines l ON l.marketplace = known.marketplace AND l.order_id = known.external_id
  JOIN {s}.products p ON p.id = l.product_id
  WHERE NOT {is_older("known", than="p")} AND (known.state = 'cancelled') <> (was.state = 'cancelled')
  GROUP BY l.product_id
)"""

# A listing that a sync saw sold out took so many of the stock with it: its orders, which come later, take no more.
# Where nobody noted how many, they are all that were ever bought of it. What was bought of several before they were
# told the last time was put back by that: it is still there to be bought. Times of orders are whole seconds.
LINES = f"""told AS MATERIALIZED (
  SELECT DISTINCT ON (g.order_id, g.line_id) job.marketplace, g.order_id, g.line_id, g.listing_id,
    coalesce(l.product_id, r.product_id, p.id) AS product_id, g.sku, g.title, g.quantity, g.amount,
    CASE WHEN r.state = 'sold' THEN coalesce(r.took, 2147483647) ELSE 0 END AS accounted,
    {is_older("given", than="sold")} AS is_older, l.quantity AS offered,
    l.quantity > 1 AND coalesce(given.ordered_at < l.updated_at - interval '1 second', false) AS is_put_back
  FROM job CROSS JOIN jsonb_to_recordset(%(lines)s) AS g(order_id text, line_id text, listing_id text, sku text,
    title text, quantity int, amount numeric(12, 2), product int)
  LEFT JOIN {s}.listings l ON l.marketplace = job.marketplace AND l.external_id = g.listing_id
  LEFT JOIN {s}.remote_listings r ON r.marketplace = job.marketplace AND r.external_id = g.listing_id
  LEFT JOIN {s}.products p ON p.id = g.product
  LEFT JOIN {s}.products sold ON sold.id = coalesce(l.product_id, r.product_id, p.id)
  LEFT JOIN given ON given.external_id = g.order_id
  ORDER BY g.order_id, g.line_id
), lines AS (
  INSERT INTO {s}.order_lines (marketplace, order_id, line_id, listing_id, product_id, sku, title, quantity, amount)
  SELECT marketplace, order_id, line_id, listing_id, product_id, sku, title, quantity, amount FROM told
  ON CONFLICT (marketplace, order_id, line_id) DO NOTHING
  RETURNING order_id, line_id, product_id, quantity, listing_id
), by_listing AS (
  SELECT lines.product_id, lines.listing_id, sum(lines.quantity) AS quantity, max(told.accounted) AS accounted,
    greatest(0, max(told.offered) - coalesce(sum(lines.quantity) FILTER (WHERE NOT told.is_put_back), 0)) AS still_there
  FROM lines JOIN told USING (order_id, line_id) WHERE lines.product_id IS NOT NULL AND NOT told.is_older
  GROUP BY lines.product_id, lines.listing_id
), taken AS (
  SELECT product_id, sum(greatest(0, quantity - accounted)) AS quantity FROM by_listing GROUP BY product_id
)"""

# What was bought is locked in one order, as two marketplaces may sell the same things at once. A listing that shows
# more than there were is not ended by the last of them: it stays known, to be taken away.
STOCK = f"""bought AS MATERIALIZED (
  SELECT p.id, p.stock_quantity AS before, coalesce(taken.quantity, 0) AS quantity,
    coalesce(turned.quantity, 0) AS turned
  FROM taken FULL JOIN turned USING (product_id) JOIN {s}.products p ON p.id = product_id
  WHERE taken.quantity > 0 OR turned.quantity <> 0 ORDER BY p.id FOR NO KEY UPDATE OF p
), left_over AS (
  UPDATE {s}.products p
  SET stock_quantity = greatest(0, before - quantity), updated_at = clock_timestamp(),
      oversold = p.oversold + turned + greatest(0, quantity - before),
      status = CASE WHEN quantity > 0 AND before <= quantity THEN 'sold' ELSE p.status END
  FROM bought WHERE p.id = bought.id
  RETURNING p.id, p.title, p.oversold, p.restocked_at, p.created_at, quantity > before AND p.oversold > 0 AS is_short,
    quantity > 0 AND p.stock_quantity = 0 AS is_sold
), sold_from AS MATERIALIZED (
  SELECT by_listing.*, coalesce(left_over.is_sold, false) AND still_there = 0 AS is_sold_out
  FROM by_listing LEFT JOIN left_over ON left_over.id = by_listing.product_id
), ended AS (
  UPDATE {s}.listings l SET {ENDED}, job_id = job.id
  FROM job, sold_from
  WHERE l.product_id = sold_from.product_id AND l.marketplace = job.marketplace
    AND l.external_id = sold_from.listing_id AND is_sold_out
), lowered AS (
  UPDATE {s}.listings l SET quantity = still_there
  FROM job, sold_from
  WHERE l.product_id = sold_from.product_id AND l.marketplace = job.marketplace
    AND l.external_id = sold_from.listing_id AND NOT is_sold_out AND l.quantity > still_there
), remote AS (
  UPDATE {s}.remote_listings r SET state = CASE WHEN is_sold_out THEN 'sold' ELSE r.state END,
    took = CASE WHEN r.state = 'sold' AND r.took IS NULL THEN NULL
                WHEN r.state = 'sold' THEN greatest(0, r.took - sold_from.quantity)
                WHEN is_sold_out THEN 0 END,
    seen_at = CASE WHEN is_sold_out THEN clock_timestamp() ELSE r.seen_at END
  FROM job CROSS JOIN sold_from
  WHERE r.marketplace = job.marketplace AND r.external_id = sold_from.listing_id
    AND (is_sold_out OR r.state = 'sold')
)"""

# Every order that still stands of what was found to be short now, those of this page among them. The index of lines
# begins with whether they were told: each value of it is named.
RIVALS = """short AS (
  SELECT id, oversold, restocked_at, title, created_at FROM left_over WHERE is_short
), rivals AS (
  SELECT line.product_id, line.marketplace, line.order_id, coalesce(known.ordered_at, o.ordered_at) AS ordered_at,
    coalesce(known.created_at, o.created_at) AS created_at, sum(line.quantity) AS quantity
  FROM (
    SELECT l.product_id, l.marketplace, l.order_id, l.quantity, short.created_at AS made_at
    FROM short JOIN {s}.order_lines l ON l.product_id = short.id AND l.spread IN (true, false)
    UNION ALL
    SELECT lines.product_id, job.marketplace, lines.order_id, lines.quantity, short.created_at
    FROM job CROSS JOIN lines JOIN short ON short.id = lines.product_id
  ) AS line
  LEFT JOIN known ON known.marketplace = line.marketplace AND known.external_id = line.order_id
  LEFT JOIN {s}.orders o ON o.marketplace = line.marketplace AND o.external_id = line.order_id
  WHERE coalesce(known.state, o.state) <> 'cancelled'
    AND NOT coalesce(coalesce(known.ordered_at, o.ordered_at) < line.made_at - interval '1 minute', false)
  GROUP BY 1, 2, 3, 4, 5
)"""

# Where something could not be read the next run begins where this one did, so that nothing is missed for a window that
# moved on; for a week at most, so that nothing is asked for without an end.
IS_WHOLE = """(NOT %(output)s::jsonb ? 'unread' AND NOT EXISTS (
      SELECT FROM {s}.marketplace_tasks k WHERE k.job_id = job.id AND k.output ? 'unread'))"""
WATERMARKS = f"""CASE
    WHEN {IS_WHOLE} OR (c.watermarks ->> (job.action || ' unread'))::timestamptz
        < clock_timestamp() - %(unread_s)s::float8 * interval '1 second'
      THEN (c.watermarks - (job.action || ' unread')) || jsonb_build_object(job.action, job.started_at)
    ELSE jsonb_build_object(job.action || ' unread', job.started_at) || c.watermarks END"""

SETTLE_ORDERS = f"""
WITH {FENCE}, {KNOWN}, {LINES}, {STOCK}, {RIVALS}, {OVERSALES}, counts AS (
  SELECT (SELECT count(*) FROM known WHERE is_new) AS orders,
    (SELECT count(*) FROM left_over WHERE is_sold) AS sold,
    (SELECT count(*) FROM left_over WHERE is_short) AS oversold,
    (SELECT count(*) FROM lines WHERE product_id IS NULL) AS unknown,
    coalesce((SELECT jsonb_agg(jsonb_build_object('product_id', product_id, 'title', title, 'marketplace', marketplace,
       'order_id', order_id, 'ordered_at', ordered_at, 'with', shared_with) ORDER BY product_id, ordered_at, order_id)
     FROM oversales JOIN short ON short.id = oversales.product_id WHERE shared_with IS NOT NULL), '[]') AS oversales
), watermark AS (
  UPDATE {s}.connections c SET watermarks = {WATERMARKS}
  FROM job WHERE %(complete)s AND c.marketplace = job.marketplace
), {ENDING}
"""


def order_params(orders: Sequence[Order]) -> dict[str, Any]:
    """Return what SETTLE_ORDERS takes of the orders themselves."""
    return {
        "orders": _orders_json(orders),
        "lines": _lines_json(orders),
        "named_with": NAMED_WITH,
        "unread_s": UNREAD_AT_MOST_S,
    }


def _orders_json(orders: Sequence[Order]) -> Jsonb:
    return Jsonb(
        [
            {
                "external_id": order.external_id,
                "state": order.state.value,
                "ordered_at": order.ordered_at.isoformat() if order.ordered_at else None,
                "total": amount_text(order.total),
                "currency": order.currency,
            }
            for order in orders
        ]
    )


def _lines_json(orders: Sequence[Order]) -> Jsonb:
    """Return the lines that count: nothing of a cancelled order is sold."""
    return Jsonb(
        [
            {**asdict(line), "amount": amount_text(line.amount), "order_id": order.external_id}
            for order in orders
            if order.state is not OrderState.CANCELLED
            for line in order.lines
        ]
    )


def amount_text(amount: object) -> str | None:
    return None if amount is None else str(amount)
