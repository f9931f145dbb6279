-- FREE_OLD_KEY
UPDATE {s}.marketplace_jobs SET idempotency_key = NULL
WHERE idempotency_key = ANY(%(keys)s::text[]) AND created_at <= clock_timestamp() - interval '24 hours'

-- INSERT_JOB
WITH [[spent]]job AS (
  INSERT INTO {s}.marketplace_jobs (marketplace, action_type_id, product_id, priority, status, input_data,
    max_retries, expires_at, not_before, idempotency_key, idempotency_digest, request_id, created_at[[folded]])
  SELECT a.marketplace, a.id, %(product)s, coalesce(%(priority)s, a.priority), 'pending', %(payload)s,
    a.max_retries, %(expires_at)s, %(not_before)s, %(key)s, %(digest)s, %(request_id)s,
    clock_timestamp()[[document]]
  FROM public.marketplace_action_types a WHERE a.marketplace = %(marketplace)s AND a.code = %(action)s[[allowed]]
  ON CONFLICT (idempotency_key) DO NOTHING
  RETURNING id, priority
)[[rows]][[inherited]]
SELECT id FROM job

-- LOCK_PRODUCTS
SELECT p.id, p.stock_quantity AS quantity,
  (SELECT count(*) FROM {s}.product_images i WHERE i.product_id = p.id) AS images
FROM {s}.products p WHERE p.id = ANY(%(products)s::int[]) AND p.deleted_at IS NULL
ORDER BY p.id FOR NO KEY UPDATE OF p

-- SAME_KEY
SELECT id, marketplace, coalesce(idempotency_digest, '') AS digest FROM {s}.marketplace_jobs
WHERE idempotency_key = ANY(%(keys)s::text[]) AND created_at > clock_timestamp() - interval '24 hours'
  AND (idempotency_key = %(key)s OR idempotency_digest <> '')
ORDER BY id LIMIT 1
