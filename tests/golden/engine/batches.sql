-- FAILED_JOBS
SELECT id FROM {s}.marketplace_jobs
WHERE batch_job_id = %(batch)s AND id > %(after)s AND status = 'failed' ORDER BY id LIMIT %(limit)s

-- FREE_OLD_KEY
UPDATE {s}.batch_jobs SET batch_id = batch_id || ':' || id
WHERE batch_id = %(key)s AND created_at <= clock_timestamp() - interval '24 hours'

-- INSERT_BATCH
INSERT INTO {s}.batch_jobs (batch_id, name, idempotency_digest, marketplace, action_code, total_count, priority,
  created_at)
SELECT %(key)s, %(name)s, %(digest)s, a.marketplace, a.code, %(total)s, coalesce(%(priority)s, a.priority),
  clock_timestamp()
FROM public.marketplace_action_types a WHERE a.marketplace = %(marketplace)s AND a.code = %(action)s
ON CONFLICT (batch_id) DO NOTHING
RETURNING id

-- INSERT_JOBS
WITH [[spent]]asked AS MATERIALIZED (
  SELECT * FROM unnest(%(products)s::int[], %(images)s::int[]) WITH ORDINALITY AS r(product, images, place)
), job AS (
  INSERT INTO {s}.marketplace_jobs (marketplace, action_type_id, product_id, priority, status, input_data,
    max_retries, expires_at, not_before, request_id, batch_job_id, created_at[[folded]])
  SELECT a.marketplace, a.id, asked.product, coalesce(%(priority)s, a.priority), 'pending', %(payload)s,
    a.max_retries, %(expires_at)s, %(not_before)s, %(request_id)s, %(batch)s, clock_timestamp()[[document]]
  FROM asked CROSS JOIN public.marketplace_action_types a
  WHERE a.marketplace = %(marketplace)s AND a.code = %(action)s[[allowed]] ORDER BY asked.place
  RETURNING id, product_id, priority
)[[rows]], inherited AS (
  UPDATE {s}.marketplace_jobs ahead SET priority = job.priority FROM job
  WHERE ahead.product_id = job.product_id AND ahead.marketplace = %(marketplace)s
    AND ahead.status IN ('pending', 'running') AND ahead.id < job.id AND ahead.priority > job.priority
  RETURNING ahead.id
), announced AS (
  INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, id FROM inherited
)
SELECT count(*) AS made FROM job

-- SAME_KEY
SELECT id, coalesce(idempotency_digest, '') AS digest FROM {s}.batch_jobs WHERE batch_id = %(key)s

-- UNFINISHED_JOBS
SELECT id FROM {s}.marketplace_jobs
WHERE batch_job_id = %(batch)s AND id > %(after)s AND status IN ('pending', 'running') AND NOT cancel_requested
ORDER BY id LIMIT %(limit)s
