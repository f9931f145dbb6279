-- MISSING_UPDATES
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

-- PROPAGATED
UPDATE {s}.order_lines SET spread = true WHERE NOT spread AND product_id = ANY(%(products)s::int[])

-- UNPROPAGATED
SELECT DISTINCT product_id FROM {s}.order_lines WHERE NOT spread AND product_id IS NOT NULL

-- WITHOUT_PRODUCT
UPDATE {s}.order_lines SET spread = true WHERE NOT spread AND product_id IS NULL
