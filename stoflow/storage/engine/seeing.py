"""Settles of tasks that looked through a whole account: what they saw is recorded, and the task that follows is made.

Each is one statement behind the attempt's fence, so that a page counts once, however often its answer arrives.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from stoflow.domain.ids import TaskId, TenantId
from stoflow.domain.outcome import Done
from stoflow.domain.seen import ListingsSeen, Order, OrdersSeen, OrderState
from stoflow.storage.engine.statement import Statement, bind
from stoflow.storage.engine.submitting import NewTask

FENCE = """fence AS MATERIALIZED (
  SELECT t.id, t.job_id, t.name, t.claims FROM {s}.marketplace_tasks t
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s FOR UPDATE
), job AS MATERIALIZED (
  SELECT j.id, j.marketplace, j.started_at, a.code AS action
  FROM fence JOIN {s}.marketplace_jobs j ON j.id = fence.job_id
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id FOR UPDATE OF j
)"""

# Ends both: `counts` is a row of what the output is to say beside what the step said.
ENDING = """task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = 'completed', output = %(output)s::jsonb || to_jsonb(counts), completed_at = clock_timestamp(),
      claimed_by = NULL, deadline = NULL, look_at = NULL, error = NULL, error_kind = NULL
  FROM fence, counts WHERE t.id = fence.id RETURNING t.job_id, t.name, t.claims, t.position
), follows AS (
  INSERT INTO {s}.marketplace_tasks (job_id, name, position, kind, paced, status, created_at)
  SELECT job_id, %(then)s, position + 1, %(then_kind)s, %(then_paced)s, 'pending', clock_timestamp() FROM task
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt)
  SELECT job_id, name, 'running', 'completed', %(cause)s, claims FROM task
)
SELECT true AS more FROM task"""

# What StoFlow itself is at with a product there is left alone: its own job will record what comes of it.
IDLE = """NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs b
    WHERE b.product_id = l.product_id AND b.marketplace = l.marketplace AND b.status IN ('pending', 'running'))"""

ENDED = "external_id = NULL, visible = false, url = NULL, photos = NULL, updated_at = clock_timestamp()"

# Less of a thing is a sale, which its order tells of: only what else differs was changed by hand.
SETTLE_LISTINGS = f"""
WITH {FENCE}, seen AS MATERIALIZED (
  SELECT DISTINCT ON (g.external_id) g.*, job.id AS job, job.marketplace, l.id AS listing,
    coalesce(l.product_id, r.product_id, p.id) AS product_id, r.external_id IS NULL AND l.id IS NULL AS is_new,
    r.external_id IS NOT NULL AND coalesce(l.updated_at < r.seen_at, true)
      AND ((r.title, r.price) IS DISTINCT FROM (g.title, g.price) OR g.quantity > r.quantity
        OR (r.state <> g.state AND NOT 'sold' IN (r.state, g.state))) AS is_changed
  FROM job CROSS JOIN jsonb_to_recordset(%(listings)s) AS g(external_id text, state text, title text,
    price numeric(12, 2), currency text, quantity int, url text, sku text, product int)
  LEFT JOIN {{s}}.listings l ON l.marketplace = job.marketplace AND l.external_id = g.external_id
  LEFT JOIN {{s}}.remote_listings r ON r.marketplace = job.marketplace AND r.external_id = g.external_id
  LEFT JOIN {{s}}.products p ON p.id = g.product AND p.deleted_at IS NULL
  ORDER BY g.external_id
), remote AS (
  INSERT INTO {{s}}.remote_listings AS r
    (marketplace, external_id, product_id, state, title, price, currency, quantity, url, sku, seen_by)
  SELECT marketplace, external_id, product_id, state, title, price, currency, quantity, url, sku, job FROM seen
  ON CONFLICT (marketplace, external_id) DO UPDATE
    SET product_id = coalesce(EXCLUDED.product_id, r.product_id), state = EXCLUDED.state, title = EXCLUDED.title,
        price = EXCLUDED.price, currency = EXCLUDED.currency, quantity = EXCLUDED.quantity, url = EXCLUDED.url,
        sku = EXCLUDED.sku, seen_by = EXCLUDED.seen_by, seen_at = clock_timestamp(),
        edited_at = CASE WHEN EXISTS (SELECT FROM seen WHERE seen.external_id = r.external_id AND seen.is_changed)
                         THEN clock_timestamp() ELSE r.edited_at END
), linked AS (
  INSERT INTO {{s}}.listings AS l (product_id, marketplace, external_id, visible, url, job_id)
  SELECT DISTINCT ON (product_id) product_id, marketplace, external_id, true, url, job FROM seen AS l
  WHERE product_id IS NOT NULL AND listing IS NULL AND state = 'for_sale' AND {IDLE} ORDER BY product_id, external_id
  ON CONFLICT (product_id, marketplace) DO UPDATE
    SET external_id = EXCLUDED.external_id, visible = true, url = EXCLUDED.url, job_id = EXCLUDED.job_id,
        updated_at = clock_timestamp()
    WHERE l.external_id IS NULL
  RETURNING l.id
), shown AS (
  UPDATE {{s}}.listings l
  SET visible = (seen.state = 'for_sale'), job_id = seen.job, updated_at = clock_timestamp()
  FROM seen WHERE l.id = seen.listing AND seen.state <> 'sold' AND l.visible <> (seen.state = 'for_sale') AND {IDLE}
), sold AS (
  UPDATE {{s}}.products p SET stock_quantity = 0, status = 'sold', updated_at = clock_timestamp()
  FROM seen WHERE p.id = seen.product_id AND seen.listing IS NOT NULL AND seen.state = 'sold' AND p.stock_quantity > 0
  RETURNING p.id
), vanished AS (
  SELECT l.id, l.external_id FROM {{s}}.listings l, job
  WHERE l.marketplace = job.marketplace AND l.external_id = ANY(%(gone)s::text[]) AND {IDLE}
), ended AS (
  UPDATE {{s}}.listings l SET {ENDED}, job_id = job.id
  FROM job WHERE l.id IN (SELECT id FROM vanished)
    OR (l.id IN (SELECT listing FROM seen WHERE state = 'sold') AND {IDLE})
), gone AS (
  UPDATE {{s}}.remote_listings r SET state = 'gone', seen_at = clock_timestamp()
  FROM job WHERE r.marketplace = job.marketplace AND r.external_id = ANY(%(gone)s::text[]) AND r.state <> 'gone'
  RETURNING r.external_id
), expected AS (
  SELECT l.external_id, l.product_id AS product, '' AS sku FROM {{s}}.listings l, job
  WHERE %(complete)s AND l.marketplace = job.marketplace AND l.external_id IS NOT NULL AND l.visible
    AND l.updated_at < job.started_at AND {IDLE}
  UNION ALL
  SELECT l.external_id, l.product_id, l.sku FROM {{s}}.remote_listings l, job
  WHERE %(complete)s AND l.marketplace = job.marketplace AND l.state IN ('for_sale', 'hidden')
    AND l.seen_at < job.started_at AND {IDLE}
), missing AS (
  SELECT DISTINCT ON (external_id) * FROM expected
  WHERE external_id NOT IN (SELECT external_id FROM seen)
    AND NOT EXISTS (SELECT FROM {{s}}.remote_listings r, job WHERE r.marketplace = job.marketplace
                      AND r.external_id = expected.external_id AND r.seen_by = job.id)
  ORDER BY external_id, sku DESC
), counts AS (
  SELECT count(*) AS seen, count(*) FILTER (WHERE is_new) AS new, count(*) FILTER (WHERE is_changed) AS changed,
    (SELECT count(*) FROM linked) AS linked, (SELECT count(*) FROM sold) AS sold,
    (SELECT count(*) FROM (SELECT external_id FROM vanished UNION SELECT external_id FROM gone) AS g) AS vanished,
    coalesce((SELECT jsonb_agg(missing) FROM missing), '[]') AS missing
  FROM seen
), {ENDING}
"""

# What was bought is locked in one order, as two marketplaces may sell the same things at once. A listing that a sync
# saw sold out took all of the stock with it: its order, which comes later, takes no more.
SETTLE_ORDERS = f"""
WITH {FENCE}, given AS (
  SELECT DISTINCT ON (g.external_id) g.* FROM job, jsonb_to_recordset(%(orders)s) AS g(external_id text, state text,
    ordered_at timestamptz, total numeric(12, 2), currency text) ORDER BY g.external_id
), known AS (
  INSERT INTO {{s}}.orders AS o (marketplace, external_id, state, ordered_at, total, currency, job_id)
  SELECT job.marketplace, given.*, job.id FROM given, job
  ON CONFLICT (marketplace, external_id) DO UPDATE SET state = EXCLUDED.state, updated_at = clock_timestamp()
    WHERE o.state <> EXCLUDED.state
  RETURNING external_id, xmax = 0 AS is_new
), told AS MATERIALIZED (
  SELECT DISTINCT ON (g.order_id, g.line_id) job.marketplace, g.order_id, g.line_id, g.listing_id,
    coalesce(l.product_id, r.product_id, p.id) AS product_id, g.sku, g.title, g.quantity, g.amount,
    coalesce(r.state = 'sold', false) AS is_accounted
  FROM job CROSS JOIN jsonb_to_recordset(%(lines)s) AS g(order_id text, line_id text, listing_id text, sku text,
    title text, quantity int, amount numeric(12, 2), product int)
  LEFT JOIN {{s}}.listings l ON l.marketplace = job.marketplace AND l.external_id = g.listing_id
  LEFT JOIN {{s}}.remote_listings r ON r.marketplace = job.marketplace AND r.external_id = g.listing_id
  LEFT JOIN {{s}}.products p ON p.id = g.product
  ORDER BY g.order_id, g.line_id
), lines AS (
  INSERT INTO {{s}}.order_lines (marketplace, order_id, line_id, listing_id, product_id, sku, title, quantity, amount)
  SELECT marketplace, order_id, line_id, listing_id, product_id, sku, title, quantity, amount FROM told
  ON CONFLICT (marketplace, order_id, line_id) DO NOTHING
  RETURNING order_id, line_id, product_id, quantity, listing_id
), taken AS (
  SELECT lines.product_id, sum(lines.quantity) AS quantity FROM lines JOIN told USING (order_id, line_id)
  WHERE NOT told.is_accounted GROUP BY lines.product_id
), bought AS MATERIALIZED (
  SELECT p.id, p.stock_quantity AS before, taken.quantity
  FROM {{s}}.products p JOIN taken ON taken.product_id = p.id ORDER BY p.id FOR NO KEY UPDATE OF p
), left_over AS (
  UPDATE {{s}}.products p
  SET stock_quantity = greatest(0, before - quantity), updated_at = clock_timestamp(),
      status = CASE WHEN before <= quantity THEN 'sold' ELSE p.status END
  FROM bought WHERE p.id = bought.id RETURNING p.id, p.stock_quantity
), ended AS (
  UPDATE {{s}}.listings l SET {ENDED}, job_id = job.id
  FROM job, left_over
  WHERE l.product_id = left_over.id AND l.marketplace = job.marketplace AND left_over.stock_quantity = 0
    AND l.external_id IN (SELECT listing_id FROM lines)
), remote AS (
  UPDATE {{s}}.remote_listings r SET state = 'sold', seen_at = clock_timestamp()
  FROM job, lines, left_over
  WHERE r.marketplace = job.marketplace AND r.external_id = lines.listing_id AND left_over.id = lines.product_id
    AND left_over.stock_quantity = 0
), counts AS (
  SELECT (SELECT count(*) FROM known WHERE is_new) AS orders,
    (SELECT count(*) FROM left_over WHERE stock_quantity = 0) AS sold,
    (SELECT count(*) FROM bought WHERE quantity > before) AS oversold,
    (SELECT count(*) FROM lines WHERE product_id IS NULL) AS unknown
), watermark AS (
  UPDATE {{s}}.connections c SET watermarks = c.watermarks || jsonb_build_object(job.action, job.started_at)
  FROM job WHERE %(complete)s AND c.marketplace = job.marketplace
), {ENDING}
"""


def settle_seen(
    tenant: TenantId, task: TaskId, claims: int, done: Done, seen: ListingsSeen | OrdersSeen, follows: NewTask
) -> Statement:
    """Record what a task saw and make the one that follows; answers `more`, no row: fenced."""
    given: dict[str, Any] = {
        "task": task,
        "claims": claims,
        "output": Jsonb(dict(done.output)),
        "cause": "done",
        "complete": seen.complete,
        "then": follows.name,
        "then_kind": follows.kind,
        "then_paced": follows.paced,
    }
    if isinstance(seen, OrdersSeen):
        return bind(SETTLE_ORDERS, tenant, orders=_orders_json(seen.orders), lines=_lines_json(seen.orders), **given)
    return bind(SETTLE_LISTINGS, tenant, listings=_listings_json(seen), gone=list(seen.gone), **given)


def _listings_json(seen: ListingsSeen) -> Jsonb:
    return Jsonb([{**asdict(each), "price": _text(each.price)} for each in seen.listings])


def _orders_json(orders: Sequence[Order]) -> Jsonb:
    return Jsonb(
        [
            {
                "external_id": order.external_id,
                "state": order.state.value,
                "ordered_at": order.ordered_at.isoformat() if order.ordered_at else None,
                "total": _text(order.total),
                "currency": order.currency,
            }
            for order in orders
        ]
    )


def _lines_json(orders: Sequence[Order]) -> Jsonb:
    """Return the lines that count: nothing of a cancelled order is sold."""
    return Jsonb(
        [
            {**asdict(line), "amount": _text(line.amount), "order_id": order.external_id}
            for order in orders
            if order.state is not OrderState.CANCELLED
            for line in order.lines
        ]
    )


def _text(amount: object) -> str | None:
    return None if amount is None else str(amount)
