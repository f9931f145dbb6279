"""What one marketplace told of a product and the others do not know yet: which jobs would tell them."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.storage.engine.statement import bind

# A sold product's listing is removed wherever one is left, so that a sale missed once is seen the next time: the key
# counts the removals that failed, for each is followed by another. A rest of stock is told once per sale; an edit is
# undone only where the seller wants StoFlow's words to hold.
MISSING_JOBS = """
WITH listed AS (
  SELECT l.product_id, l.marketplace, l.external_id, l.visible, l.updated_at, p.status, p.stock_quantity
  FROM {s}.listings l JOIN {s}.products p ON p.id = l.product_id WHERE l.external_id IS NOT NULL
)
SELECT product_id, marketplace, 'delete' AS action, 'sold:' || product_id || ':' || external_id || ':' || (
  SELECT count(*) FROM {s}.marketplace_jobs f
  WHERE f.product_id = listed.product_id AND f.marketplace = listed.marketplace AND f.status IN ('failed', 'expired')
    AND starts_with(f.idempotency_key, format('%%s:sold:%%s:%%s:', listed.marketplace, product_id, external_id))) AS key
FROM listed WHERE status = 'sold' AND stock_quantity <= 0
UNION ALL
SELECT listed.product_id, listed.marketplace, 'update', 'stock:' || listed.product_id || ':' || o.order_id
FROM listed JOIN {s}.order_lines o ON o.product_id = listed.product_id AND NOT o.spread
WHERE listed.visible AND listed.stock_quantity > 0 AND o.marketplace <> listed.marketplace
UNION ALL
SELECT listed.product_id, listed.marketplace, 'update', 'edited:' || listed.product_id || ':' || r.edited_at
FROM listed JOIN {s}.remote_listings r ON r.marketplace = listed.marketplace AND r.external_id = listed.external_id
JOIN {s}.connections c ON c.marketplace = listed.marketplace AND c.settings ->> 'sync_changes' = 'restore'
WHERE listed.visible AND listed.status <> 'sold' AND r.edited_at > listed.updated_at
"""

SPREAD = "UPDATE {s}.order_lines SET spread = true WHERE NOT spread AND product_id = ANY(%(products)s::int[])"
WITHOUT_PRODUCT = "UPDATE {s}.order_lines SET spread = true WHERE NOT spread AND product_id IS NULL"
UNSPREAD = "SELECT DISTINCT product_id FROM {s}.order_lines WHERE NOT spread AND product_id IS NOT NULL"


@dataclass(frozen=True, slots=True)
class MissingJob:
    """`key` names the reason: one job for each."""

    product: int
    marketplace: str
    action: str
    key: str


def read_missing_jobs(connection: Connection[DictRow], tenant: TenantId) -> tuple[Sequence[MissingJob], Sequence[int]]:
    """Return the jobs that would carry what is known to where it is not, and the products of sales not spread yet."""
    rows = bind(MISSING_JOBS, tenant).on(connection).fetchall()
    unspread = bind(UNSPREAD, tenant).on(connection).fetchall()
    jobs = [MissingJob(row["product_id"], row["marketplace"], row["action"], row["key"]) for row in rows]
    return jobs, [row["product_id"] for row in unspread]


def note_spread(connection: Connection[DictRow], tenant: TenantId, products: Sequence[int]) -> None:
    """Note that the sales of these products were carried to every marketplace."""
    bind(SPREAD, tenant, products=list(products)).on(connection)
    bind(WITHOUT_PRODUCT, tenant).on(connection)
