"""What one marketplace told of a product and the others do not know yet: which updates would tell them."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.storage.engine.facts import UNFINISHED
from stoflow.storage.engine.follow_ups import FollowUp, follow_ups_in
from stoflow.storage.engine.statement import bind, s

# A rest of stock is told once per sale, also to the marketplace that sold, where it shows more than are left, and not
# where it shows none: it has sold. An edit is undone only where the seller wants StoFlow's words to hold.
MISSING_UPDATES = """
WITH listed AS (
  SELECT l.product_id, l.marketplace, l.external_id, l.updated_at, l.quantity > p.stock_quantity AS is_too_many
  FROM {s}.listings l JOIN {s}.products p ON p.id = l.product_id
  WHERE l.external_id IS NOT NULL AND l.visible AND l.quantity IS DISTINCT FROM 0 AND p.stock_quantity > 0
)
SELECT listed.product_id, listed.marketplace, 'stock:' || listed.product_id || ':' || o.order_id AS key
FROM listed JOIN {s}.order_lines o ON o.product_id = listed.product_id AND NOT o.spread
WHERE o.marketplace <> listed.marketplace OR listed.is_too_many
UNION ALL
SELECT listed.product_id, listed.marketplace, 'edited:' || listed.product_id || ':' || r.edited_at
FROM listed JOIN {s}.remote_listings r ON r.marketplace = listed.marketplace AND r.external_id = listed.external_id
JOIN {s}.connections c ON c.marketplace = listed.marketplace AND c.settings ->> 'sync_changes' = 'restore'
WHERE r.edited_at > listed.updated_at
"""

# Of a job that may come to show the product, or show it anew where it was sold, nobody knows yet whether it read how
# many were left before the sale: it is told once it has ended.
UNTOLD = f"""
SELECT o.marketplace, o.order_id, o.line_id FROM {s}.order_lines o
WHERE NOT o.spread AND NOT EXISTS (
  SELECT FROM public.marketplace_action_types a
  JOIN {s}.marketplace_jobs j ON j.action_type_id = a.id AND j.marketplace = a.marketplace
  WHERE j.product_id = o.product_id AND j.status IN {UNFINISHED} AND a.code <> 'delete'
    AND (j.marketplace = o.marketplace OR NOT EXISTS (
      SELECT FROM {s}.listings l
      WHERE l.product_id = j.product_id AND l.marketplace = j.marketplace AND l.external_id IS NOT NULL AND l.visible))
)
"""

PROPAGATED = """
UPDATE {s}.order_lines o SET spread = true
FROM unnest(%(marketplaces)s::text[], %(orders)s::text[], %(lines)s::text[]) AS told (marketplace, order_id, line_id)
WHERE (o.marketplace, o.order_id, o.line_id) = (told.marketplace, told.order_id, told.line_id)
"""


@dataclass(frozen=True, slots=True)
class OrderLineKey:
    marketplace: str
    order: str
    line: str


def read_updates(
    connection: Connection[DictRow], tenant: TenantId
) -> tuple[Sequence[FollowUp], Sequence[OrderLineKey]]:
    """Return the updates that would carry what is known to where it is not, and the sales that are told with them.

    The sales are read first: whatever becomes known, or is shown, from then on is for the next time.
    """
    told = bind(UNTOLD, tenant).on(connection).fetchall()
    updates = follow_ups_in(bind(MISSING_UPDATES, tenant).on(connection))
    return updates, [OrderLineKey(row["marketplace"], row["order_id"], row["line_id"]) for row in told]


def note_propagated(connection: Connection[DictRow], tenant: TenantId, told: Sequence[OrderLineKey]) -> None:
    """Note that these sales were carried to every marketplace."""
    keys = {
        "marketplaces": [each.marketplace for each in told],
        "orders": [each.order for each in told],
        "lines": [each.line for each in told],
    }
    bind(PROPAGATED, tenant, **keys).on(connection)
