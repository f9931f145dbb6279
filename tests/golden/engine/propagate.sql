-- MISSING_UPDATES
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

-- PROPAGATED
UPDATE {s}.order_lines o SET spread = true
FROM unnest(%(marketplaces)s::text[], %(orders)s::text[], %(lines)s::text[]) AS told (marketplace, order_id, line_id)
WHERE (o.marketplace, o.order_id, o.line_id) = (told.marketplace, told.order_id, told.line_id)

-- UNTOLD
SELECT o.marketplace, o.order_id, o.line_id FROM {s}.order_lines o
WHERE NOT o.spread AND NOT EXISTS (
  SELECT FROM public.marketplace_action_types a
  JOIN {s}.marketplace_jobs j ON j.action_type_id = a.id AND j.marketplace = a.marketplace
  WHERE j.product_id = o.product_id AND j.status IN ('pending', 'running') AND a.code <> 'delete'
    AND (j.marketplace = o.marketplace OR NOT EXISTS (
      SELECT FROM {s}.listings l
      WHERE l.product_id = j.product_id AND l.marketplace = j.marketplace AND l.external_id IS NOT NULL AND l.visible))
)
