-- CHANGES
SELECT id, tenant, product FROM public.stock_changes
WHERE due_at <= clock_timestamp() AND (%(tenant)s::int IS NULL OR tenant = %(tenant)s) ORDER BY id LIMIT %(limit)s

-- FENCE_WAITING
UPDATE {s}.marketplace_tasks t SET claims = t.claims + 1
FROM {s}.marketplace_jobs j JOIN {s}.products p ON p.id = j.product_id
JOIN public.marketplace_action_types a ON a.id = j.action_type_id
WHERE p.stock_quantity <= 0 AND (%(products)s::int[] IS NULL OR p.id = ANY(%(products)s::int[])) AND j.status = 'pending' AND a.code <> 'delete'
  AND t.job_id = j.id AND t.status = 'pending' AND NOT EXISTS (
    SELECT FROM {s}.marketplace_tasks b
    WHERE b.job_id = t.job_id AND b.position < t.position AND b.status = 'pending' AND b.kind <> 'inner')

-- FOLLOWED
DELETE FROM public.stock_changes WHERE id = ANY(%(ids)s::bigint[])

-- FORGET_KEYS
UPDATE {s}.marketplace_jobs SET idempotency_key = NULL
WHERE product_id = ANY(%(products)s::int[]) AND starts_with(idempotency_key, marketplace || ':sold:')

-- PUT_OFF
UPDATE public.stock_changes SET due_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
WHERE id = ANY(%(ids)s::bigint[])

-- REMOVALS
WITH sold_out AS (
  SELECT p.id FROM {s}.products p WHERE p.stock_quantity <= 0 AND p.deleted_at IS NULL AND (%(products)s::int[] IS NULL OR p.id = ANY(%(products)s::int[]))
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
  WHERE f.product_id = shown.product_id AND f.marketplace = shown.marketplace AND f.status IN ('failed', 'expired')
    AND starts_with(f.idempotency_key, format('%%s:sold:%%s:%%s:', shown.marketplace, product_id, what))) AS key
FROM shown

-- RETURNED
SELECT p.id FROM {s}.products p
WHERE p.id = ANY(%(products)s::int[]) AND p.stock_quantity > 0 FOR NO KEY UPDATE OF p

-- UNFOLD_WAITING
SELECT public.unfold('{s}', ARRAY(SELECT j.id FROM {s}.marketplace_jobs j JOIN {s}.products p ON p.id = j.product_id
JOIN public.marketplace_action_types a ON a.id = j.action_type_id
WHERE p.stock_quantity <= 0 AND (%(products)s::int[] IS NULL OR p.id = ANY(%(products)s::int[])) AND j.status = 'pending' AND a.code <> 'delete' AND j.folded IS NOT NULL))

-- UNWANTED
SELECT id FROM {s}.marketplace_jobs
WHERE product_id = ANY(%(products)s::int[]) AND status IN ('pending', 'running') AND NOT acted
  AND NOT cancel_requested AND input_data ->> 'because' = 'sold out' ORDER BY id
