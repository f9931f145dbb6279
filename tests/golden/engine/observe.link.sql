-- LINK
WITH offered AS MATERIALIZED (
  SELECT r.marketplace, r.external_id, p.id AS product_id FROM {s}.remote_listings r
  JOIN {s}.products p ON p.sku = r.sku AND p.deleted_at IS NULL
  WHERE r.sku <> '' AND r.state IN ('for_sale', 'hidden')
  UNION
  SELECT r.marketplace, r.external_id, p.id FROM {s}.remote_listings r
  JOIN {s}.products p ON p.external_id = r.external_id AND p.deleted_at IS NULL
  WHERE r.marketplace = %(names)s AND r.state IN ('for_sale', 'hidden')
), open AS MATERIALIZED (
  SELECT o.*, r.url, r.quantity, CASE
    WHEN count(*) OVER (PARTITION BY o.marketplace, o.product_id) > 1 THEN 'several listings'
    WHEN count(*) OVER (PARTITION BY o.marketplace, o.external_id) > 1 THEN 'several products'
    WHEN EXISTS (SELECT FROM {s}.listings l WHERE l.marketplace = o.marketplace
      AND (l.external_id = o.external_id OR (l.product_id = o.product_id AND l.external_id IS NOT NULL)))
      THEN 'another listing'
    WHEN EXISTS (SELECT FROM {s}.marketplace_jobs b WHERE b.product_id = o.product_id
      AND b.marketplace = o.marketplace AND b.status IN ('pending', 'running')) THEN 'a job'
    END AS obstacle, r.product_id IS NULL AND r.state = 'for_sale' AS is_wanted
  FROM offered o JOIN {s}.remote_listings r USING (marketplace, external_id)
), linked AS (
  INSERT INTO {s}.listings AS l (product_id, marketplace, external_id, visible, url, quantity)
  SELECT product_id, marketplace, external_id, true, url, quantity FROM open WHERE is_wanted AND obstacle IS NULL
  ON CONFLICT (product_id, marketplace) DO UPDATE
    SET external_id = EXCLUDED.external_id, visible = true, url = EXCLUDED.url, quantity = EXCLUDED.quantity,
        updated_at = clock_timestamp()
    WHERE l.external_id IS NULL
  RETURNING product_id, marketplace, external_id
), remote AS (
  UPDATE {s}.remote_listings r SET product_id = linked.product_id
  FROM linked WHERE r.marketplace = linked.marketplace AND r.external_id = linked.external_id
)
SELECT marketplace, external_id, product_id, obstacle FROM open WHERE is_wanted
ORDER BY marketplace, product_id, external_id

-- LOCK
SELECT p.id FROM {s}.products p WHERE p.id IN (
  SELECT o.product_id FROM (
  SELECT r.marketplace, r.external_id, p.id AS product_id FROM {s}.remote_listings r
  JOIN {s}.products p ON p.sku = r.sku AND p.deleted_at IS NULL
  WHERE r.sku <> '' AND r.state IN ('for_sale', 'hidden')
  UNION
  SELECT r.marketplace, r.external_id, p.id FROM {s}.remote_listings r
  JOIN {s}.products p ON p.external_id = r.external_id AND p.deleted_at IS NULL
  WHERE r.marketplace = %(names)s AND r.state IN ('for_sale', 'hidden')
) AS o JOIN {s}.remote_listings r USING (marketplace, external_id)
  WHERE r.product_id IS NULL)
ORDER BY p.id FOR NO KEY UPDATE OF p
