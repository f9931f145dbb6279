"""Settles of tasks that looked through a whole account: what they saw is recorded, and the task that follows is made.

Each is one statement behind the attempt's fence, so that a page counts once, however often its answer arrives.
"""

from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from stoflow.domain.ids import TaskId, TenantId
from stoflow.domain.job import TaskPlan
from stoflow.domain.observed import NAMED, ListingsSeen, OrdersSeen
from stoflow.domain.outcome import Done
from stoflow.storage.engine.facts import UNFINISHED
from stoflow.storage.engine.observe.orders import SETTLE_ORDERS, amount_text, order_params
from stoflow.storage.engine.observe.page_frame import ENDED, ENDING, FENCE
from stoflow.storage.engine.recorded import Recorded
from stoflow.storage.engine.statement import Statement, bind, s

# What StoFlow itself is at with a product there is left alone: its own job will record what comes of it.
IDLE = f"""NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs b
    WHERE b.product_id = l.product_id AND b.marketplace = l.marketplace AND b.status IN {UNFINISHED})"""

# A listing that is sold takes of the stock what it was known to show, of which no order has told yet: there may be more
# of the thing than it ever showed. Where nobody noted that, and no order of it is known, it was the only place.
TAKEN = f"""gone_with AS MATERIALIZED (
  SELECT p.id, p.stock_quantity, least(p.stock_quantity, CASE WHEN seen.was = 'sold' THEN 0
    ELSE coalesce(seen.showed, CASE WHEN NOT EXISTS (
      SELECT FROM {s}.order_lines o
      WHERE o.product_id = p.id AND o.spread IN (true, false) AND o.marketplace = seen.marketplace
        AND o.listing_id = seen.external_id) THEN p.stock_quantity ELSE 0 END) END) AS took
  FROM seen JOIN {s}.products p ON p.id = seen.product_id
  WHERE seen.listing IS NOT NULL AND seen.state = 'sold' ORDER BY p.id FOR NO KEY UPDATE OF p
)"""

# What the page showed, beside what is known of it. Less of a thing is a sale, which its order tells of: only what else
# differs was changed by hand.
SEEN = f"""seen AS MATERIALIZED (
  SELECT DISTINCT ON (g.external_id) g.*, job.id AS job, job.marketplace, l.id AS listing,
    coalesce(l.product_id, r.product_id, p.id) AS product_id, r.external_id IS NULL AND l.id IS NULL AS is_new,
    r.external_id IS NOT NULL AND coalesce(l.updated_at < r.seen_at, true)
      AND ((r.title, r.price) IS DISTINCT FROM (g.title, g.price) OR g.quantity > r.quantity
        OR (r.state <> g.state AND NOT 'sold' IN (r.state, g.state))) AS is_changed,
    r.state AS was, l.quantity AS showed
  FROM job CROSS JOIN jsonb_to_recordset(%(listings)s) AS g(external_id text, state text, title text,
    price numeric(12, 2), currency text, quantity int, url text, sku text, product int)
  LEFT JOIN {s}.listings l ON l.marketplace = job.marketplace AND l.external_id = g.external_id
  LEFT JOIN {s}.remote_listings r ON r.marketplace = job.marketplace AND r.external_id = g.external_id
  LEFT JOIN {s}.products p ON p.id = g.product AND p.deleted_at IS NULL
  ORDER BY g.external_id
), {TAKEN}"""

# What was seen is kept as it was seen, whosever it is: the next page is compared with it.
REMOTE = f"""remote AS (
  INSERT INTO {s}.remote_listings AS r
    (marketplace, external_id, product_id, state, title, price, currency, quantity, url, sku, seen_by, took)
  SELECT marketplace, external_id, product_id, state, title, price, currency, quantity, url, sku, job,
    (SELECT g.took FROM gone_with g WHERE g.id = seen.product_id AND listing IS NOT NULL AND state = 'sold')
  FROM seen
  ON CONFLICT (marketplace, external_id) DO UPDATE
    SET product_id = coalesce(EXCLUDED.product_id, r.product_id), state = EXCLUDED.state, title = EXCLUDED.title,
        price = EXCLUDED.price, currency = EXCLUDED.currency, quantity = EXCLUDED.quantity, url = EXCLUDED.url,
        sku = EXCLUDED.sku, seen_by = EXCLUDED.seen_by, seen_at = clock_timestamp(),
        took = CASE WHEN EXCLUDED.state <> 'sold' THEN NULL WHEN r.state = 'sold' THEN r.took
                    ELSE coalesce(EXCLUDED.took, 0) END,
        edited_at = CASE WHEN EXISTS (SELECT FROM seen WHERE seen.external_id = r.external_id AND seen.is_changed)
                         THEN clock_timestamp() ELSE r.edited_at END
)"""

# What that says of the seller's own listings and products. Less than a listing was known to show is a sale, of which
# its order tells.
OWN = f"""linked AS (
  INSERT INTO {s}.listings AS l (product_id, marketplace, external_id, visible, url, quantity, job_id)
  SELECT DISTINCT ON (product_id) product_id, marketplace, external_id, true, url, quantity, job FROM seen AS l
  WHERE product_id IS NOT NULL AND listing IS NULL AND state = 'for_sale' AND {IDLE} ORDER BY product_id, external_id
  ON CONFLICT (product_id, marketplace) DO UPDATE
    SET external_id = EXCLUDED.external_id, visible = true, url = EXCLUDED.url, quantity = EXCLUDED.quantity,
        job_id = EXCLUDED.job_id, updated_at = clock_timestamp()
    WHERE l.external_id IS NULL
  RETURNING l.id
), shown AS (
  UPDATE {s}.listings l
  SET visible = (seen.state = 'for_sale'), quantity = greatest(l.quantity, seen.quantity), job_id = seen.job,
      updated_at = clock_timestamp()
  FROM seen
  WHERE l.product_id = seen.product_id AND l.marketplace = seen.marketplace AND l.id = seen.listing
    AND seen.state <> 'sold' AND l.visible <> (seen.state = 'for_sale') AND {IDLE}
), raised AS (
  UPDATE {s}.listings l SET quantity = seen.quantity
  FROM seen
  WHERE l.product_id = seen.product_id AND l.marketplace = seen.marketplace AND l.id = seen.listing
    AND seen.state <> 'sold' AND l.visible = (seen.state = 'for_sale') AND coalesce(l.quantity, 0) < seen.quantity
    AND {IDLE}
), sold AS (
  UPDATE {s}.products p SET stock_quantity = gone_with.stock_quantity - took, updated_at = clock_timestamp(),
    status = CASE WHEN gone_with.stock_quantity = took THEN 'sold' ELSE p.status END
  FROM gone_with WHERE p.id = gone_with.id AND took > 0 RETURNING p.id
)"""

# Where a listing is gone and one other of its product is for sale, that one took its place: ended and listed again, it
# has another id.
VANISHED = f"""vanished AS (
  SELECT l.id, l.external_id, l.product_id, l.marketplace FROM {s}.listings l, job
  WHERE l.marketplace = job.marketplace AND l.external_id = ANY(%(gone)s::text[]) AND {IDLE}
), heir AS (
  SELECT v.id, v.product_id, min(r.external_id) AS external_id, min(r.url) AS url,
    min(r.quantity) AS quantity
  FROM vanished v JOIN {s}.remote_listings r ON r.marketplace = v.marketplace AND r.product_id = v.product_id
  WHERE r.state = 'for_sale' AND r.external_id <> ALL(%(gone)s::text[]) AND NOT EXISTS (
    SELECT FROM {s}.listings o WHERE o.marketplace = r.marketplace AND o.external_id = r.external_id)
  GROUP BY v.id, v.product_id HAVING count(*) = 1
), followed AS (
  UPDATE {s}.listings l
  SET external_id = heir.external_id, url = heir.url, visible = true, photos = NULL, quantity = heir.quantity,
      job_id = job.id, updated_at = clock_timestamp()
  FROM job, heir WHERE l.product_id = heir.product_id AND l.marketplace = job.marketplace AND l.id = heir.id
), ended AS (
  UPDATE {s}.listings l SET {ENDED}, job_id = job.id
  FROM job WHERE (l.id IN (SELECT id FROM vanished) AND l.id NOT IN (SELECT id FROM heir))
    OR (l.id IN (SELECT listing FROM seen WHERE state = 'sold') AND {IDLE})
), gone AS (
  UPDATE {s}.remote_listings r SET state = 'gone', seen_at = clock_timestamp()
  FROM job WHERE r.marketplace = job.marketplace AND r.external_id = ANY(%(gone)s::text[]) AND r.state <> 'gone'
  RETURNING r.external_id
)"""

# What no page of a whole look showed is asked for one by one, by the task that follows.
MISSING = f"""expected AS (
  SELECT l.external_id, l.product_id AS product, '' AS sku FROM {s}.listings l, job
  WHERE %(complete)s AND l.marketplace = job.marketplace AND l.external_id IS NOT NULL AND l.visible
    AND l.updated_at < job.started_at AND {IDLE}
  UNION ALL
  SELECT l.external_id, l.product_id, l.sku FROM {s}.remote_listings l, job
  WHERE %(complete)s AND l.marketplace = job.marketplace AND l.state IN ('for_sale', 'hidden')
    AND l.seen_at < job.started_at AND {IDLE}
), missing AS (
  SELECT DISTINCT ON (external_id) * FROM expected
  WHERE external_id NOT IN (SELECT external_id FROM seen)
    AND NOT EXISTS (SELECT FROM {s}.remote_listings r, job WHERE r.marketplace = job.marketplace
                      AND r.external_id = expected.external_id AND r.seen_by = job.id)
  ORDER BY external_id, sku DESC
)"""

SETTLE_LISTINGS = f"""
WITH {FENCE}, {SEEN}, {REMOTE}, {OWN}, {VANISHED}, {MISSING}, counts AS (
  SELECT count(*) AS seen, count(*) FILTER (WHERE is_new) AS new, count(*) FILTER (WHERE is_changed) AS changed,
    (SELECT count(*) FROM linked) AS linked, (SELECT count(*) FROM sold) AS sold,
    (SELECT count(*) FROM (SELECT external_id FROM vanished UNION SELECT external_id FROM gone) AS g) AS vanished,
    coalesce((SELECT jsonb_agg(missing) FROM missing), '[]') AS missing
  FROM seen
), {ENDING}
"""


def settle_seen(
    tenant: TenantId, task: TaskId, claims: int, done: Done, seen: ListingsSeen | OrdersSeen, follows: TaskPlan
) -> Statement[Recorded | None]:
    """Record what a task saw and make the one that follows; None: fenced."""
    given: dict[str, Any] = {
        "task": task,
        "claims": claims,
        "output": Jsonb(dict(done.output)),
        "cause": "done",
        "complete": seen.complete,
        "named": sorted(NAMED),
        "then": follows.name,
        "then_kind": follows.kind.value,
        "then_paced": follows.paced,
    }
    if isinstance(seen, OrdersSeen):
        settled = bind(SETTLE_ORDERS, tenant, **order_params(seen.orders), **given)
    else:
        settled = bind(SETTLE_LISTINGS, tenant, listings=_listings_json(seen), gone=list(seen.gone), **given)
    return settled.answering(Recorded.of)


def _listings_json(seen: ListingsSeen) -> Jsonb:
    return Jsonb([{**asdict(each), "price": amount_text(each.price)} for each in seen.listings])
