"""What one marketplace told of a product and the others do not know yet: which updates would tell them."""

from collections.abc import Sequence

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.storage.engine.follow_ups import FollowUp, follow_ups_in
from stoflow.storage.engine.statement import bind

# A rest of stock is told once per sale; an edit is undone only where the seller wants StoFlow's words to hold.
MISSING_UPDATES = """
WITH listed AS (
  SELECT l.product_id, l.marketplace, l.external_id, l.updated_at
  FROM {s}.listings l JOIN {s}.products p ON p.id = l.product_id
  WHERE l.external_id IS NOT NULL AND l.visible AND p.stock_quantity > 0
)
SELECT listed.product_id, listed.marketplace, 'stock:' || listed.product_id || ':' || o.order_id AS key
FROM listed JOIN {s}.order_lines o ON o.product_id = listed.product_id AND NOT o.spread
WHERE o.marketplace <> listed.marketplace
UNION ALL
SELECT listed.product_id, listed.marketplace, 'edited:' || listed.product_id || ':' || r.edited_at
FROM listed JOIN {s}.remote_listings r ON r.marketplace = listed.marketplace AND r.external_id = listed.external_id
JOIN {s}.connections c ON c.marketplace = listed.marketplace AND c.settings ->> 'sync_changes' = 'restore'
WHERE r.edited_at > listed.updated_at
"""

PROPAGATED = "UPDATE {s}.order_lines SET spread = true WHERE NOT spread AND product_id = ANY(%(products)s::int[])"
WITHOUT_PRODUCT = "UPDATE {s}.order_lines SET spread = true WHERE NOT spread AND product_id IS NULL"
UNPROPAGATED = "SELECT DISTINCT product_id FROM {s}.order_lines WHERE NOT spread AND product_id IS NOT NULL"


def read_updates(connection: Connection[DictRow], tenant: TenantId) -> tuple[Sequence[FollowUp], Sequence[int]]:
    """Return the updates that would carry what is known to where it is not, and the products of sales not spread."""
    updates = follow_ups_in(bind(MISSING_UPDATES, tenant).on(connection))
    unpropagated = bind(UNPROPAGATED, tenant).on(connection).fetchall()
    return updates, [row["product_id"] for row in unpropagated]


def note_propagated(connection: Connection[DictRow], tenant: TenantId, products: Sequence[int]) -> None:
    """Note that the sales of these products were carried to every marketplace."""
    bind(PROPAGATED, tenant, products=list(products)).on(connection)
    bind(WITHOUT_PRODUCT, tenant).on(connection)
