"""What follows from a quantity: a product of which none is left is for sale nowhere, one that is there again may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.facts import UNFINISHED, one_of
from stoflow.storage.engine.follow_ups import FollowUp, follow_ups_in
from stoflow.storage.engine.statement import bind, s

BECAUSE, SOLD_OUT = "because", "sold out"
"""What a removal's payload says."""

CHOSEN = "AND (%(products)s::int[] IS NULL OR p.id = ANY(%(products)s::int[]))"

SOLD_OUT_WAITING = f"""{s}.marketplace_jobs j JOIN {s}.products p ON p.id = j.product_id
JOIN public.marketplace_action_types a ON a.id = j.action_type_id
WHERE p.stock_quantity <= 0 {CHOSEN} AND j.status = 'pending' AND a.code <> 'delete'"""
UNFOLD_WAITING = f"""
SELECT public.unfold('{s}', ARRAY(SELECT j.id FROM {SOLD_OUT_WAITING} AND j.folded IS NOT NULL))
"""
# A worker may have read the product while some were left: it does not begin with what it knows of it.
FENCE_WAITING = f"""
UPDATE {s}.marketplace_tasks t SET claims = t.claims + 1
FROM {SOLD_OUT_WAITING}
  AND t.job_id = j.id AND t.status = 'pending' AND NOT EXISTS (
    SELECT FROM {s}.marketplace_tasks b
    WHERE b.job_id = t.job_id AND b.position < t.position AND b.status = 'pending' AND b.kind <> 'inner')
"""

FAILED = one_of({JobStatus.FAILED, JobStatus.EXPIRED})

# Wherever a listing is left, so that what was missed once is seen the next time, and where a job that has begun may
# make one. The key names the reason and counts the removals that failed, for each is followed by another.
REMOVALS = f"""
WITH sold_out AS (
  SELECT p.id FROM {s}.products p WHERE p.stock_quantity <= 0 AND p.deleted_at IS NULL {CHOSEN}
), shown AS (
  SELECT l.product_id, l.marketplace, l.external_id AS what
  FROM sold_out JOIN {s}.listings l ON l.product_id = sold_out.id WHERE l.external_id IS NOT NULL
  UNION ALL
  SELECT j.product_id, j.marketplace, 'job ' || max(j.id)
  FROM sold_out JOIN {s}.marketplace_jobs j ON j.product_id = sold_out.id AND j.status = 'running'
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id AND a.code <> 'delete'
  WHERE NOT EXISTS (SELECT FROM {s}.listings l WHERE l.product_id = j.product_id AND l.marketplace = j.marketplace
                      AND l.external_id IS NOT NULL)
  GROUP BY j.product_id, j.marketplace
)
SELECT product_id, marketplace, 'sold:' || product_id || ':' || what || ':' || (
  SELECT count(*) FROM {s}.marketplace_jobs f
  WHERE f.product_id = shown.product_id AND f.marketplace = shown.marketplace AND f.status IN {FAILED}
    AND starts_with(f.idempotency_key, format('%%s:sold:%%s:%%s:', shown.marketplace, product_id, what))) AS key
FROM shown
"""

RETURNED = """
SELECT p.id FROM {s}.products p
WHERE p.id = ANY(%(products)s::int[]) AND p.stock_quantity > 0 FOR NO KEY UPDATE OF p
"""

UNWANTED = f"""
SELECT id FROM {s}.marketplace_jobs
WHERE product_id = ANY(%(products)s::int[]) AND status IN {UNFINISHED} AND NOT acted
  AND NOT cancel_requested AND input_data ->> 'because' = 'sold out' ORDER BY id
"""

# The next time none is left, none of the removals of this time stands in the way.
FORGET_KEYS = """
UPDATE {s}.marketplace_jobs SET idempotency_key = NULL
WHERE product_id = ANY(%(products)s::int[]) AND starts_with(idempotency_key, marketplace || ':sold:')
"""

CHANGES = """
SELECT id, tenant, product FROM public.stock_changes
WHERE due_at <= clock_timestamp() AND (%(tenant)s::int IS NULL OR tenant = %(tenant)s) ORDER BY id LIMIT %(limit)s
"""

FOLLOWED = "DELETE FROM public.stock_changes WHERE id = ANY(%(ids)s::bigint[])"

PUT_OFF = """
UPDATE public.stock_changes SET due_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
WHERE id = ANY(%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class StockChange:
    """A product of which none was left, or some are again."""

    id: int
    tenant: TenantId
    product: int


def fence_waiting(connection: Connection[DictRow], tenant: TenantId, products: Sequence[int] | None) -> None:
    """Let no job that has not begun sell what is sold out by what was read before; `products` None is all of them."""
    bind(UNFOLD_WAITING, tenant, products=_listed(products)).on(connection)
    bind(FENCE_WAITING, tenant, products=_listed(products)).on(connection)


def read_removals(
    connection: Connection[DictRow], tenant: TenantId, products: Sequence[int] | None
) -> Sequence[FollowUp]:
    """Return which removals are due of what is sold out; `products` None is all of them."""
    return follow_ups_in(bind(REMOVALS, tenant, products=_listed(products)).on(connection))


def unwanted_removals(connection: Connection[DictRow], tenant: TenantId, products: Sequence[int]) -> Sequence[JobId]:
    """Hold those of the products that are there again until the commit, and return their removals not done yet."""
    rows = bind(RETURNED, tenant, products=list(products)).on(connection).fetchall()
    returned = [row["id"] for row in rows]
    if not returned:
        return ()
    unwanted = bind(UNWANTED, tenant, products=returned).on(connection).fetchall()
    bind(FORGET_KEYS, tenant, products=returned).on(connection)
    return [JobId(row["id"]) for row in unwanted]


def read_changes(connection: Transaction, tenant: TenantId | None, *, limit: int) -> Sequence[StockChange]:
    """Return what nobody has followed yet, oldest first; `tenant` None is any."""
    rows = connection.execute(CHANGES, {"tenant": tenant, "limit": limit})
    return [StockChange(row["id"], TenantId(row["tenant"]), row["product"]) for row in rows]


def note_followed(connection: Connection[DictRow], changes: Sequence[StockChange]) -> None:
    connection.execute(FOLLOWED, _ids(changes))


def put_off(connection: Connection[DictRow], changes: Sequence[StockChange], *, delay_s: float) -> None:
    """Let these be followed later, so that one tenant's trouble holds up no other."""
    connection.execute(PUT_OFF, {**_ids(changes), "delay_s": delay_s})


def _listed(products: Sequence[int] | None) -> list[int] | None:
    return None if products is None else list(products)


def _ids(changes: Sequence[StockChange]) -> dict[str, Any]:
    return {"ids": [change.id for change in changes]}
