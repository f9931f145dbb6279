-- FENCE_LATER
UPDATE {s}.marketplace_tasks t SET claims = t.claims + 1
FROM {s}.marketplace_jobs j, {s}.marketplace_jobs later
WHERE j.id = ANY(%(jobs)s::int[]) AND j.status = 'failed' AND later.product_id = j.product_id AND later.id > j.id
  AND later.marketplace = j.marketplace AND later.status = 'pending' AND later.started_at IS NULL
  AND t.job_id = later.id AND t.status = 'pending' AND NOT EXISTS (
    SELECT FROM {s}.marketplace_tasks b
    WHERE b.job_id = t.job_id AND b.position < t.position AND b.status = 'pending' AND b.kind <> 'inner')

-- RAISE
WITH job AS (
  UPDATE {s}.marketplace_jobs SET priority = %(priority)s
  WHERE id = ANY(%(jobs)s::int[]) AND status IN ('pending', 'running') AND priority > %(priority)s
  RETURNING id, product_id, marketplace
), inherited AS (
  UPDATE {s}.marketplace_jobs ahead SET priority = %(priority)s FROM job
  WHERE ahead.product_id = job.product_id AND ahead.marketplace = job.marketplace AND ahead.id < job.id
    AND ahead.id <> ALL(%(jobs)s::int[]) AND ahead.status IN ('pending', 'running') AND ahead.priority > %(priority)s
  RETURNING ahead.id
), said AS (
  INSERT INTO {s}.job_timeline (job_id, cause, detail)
  SELECT id, 'priority raised', jsonb_build_object('priority', %(priority)s::int) FROM job
), announced AS (
  INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, id FROM inherited
)
SELECT id FROM job

-- REQUEST_CANCEL
WITH job AS (
  UPDATE {s}.marketplace_jobs SET cancel_requested = true
  WHERE id = ANY(%(jobs)s::int[]) AND status IN ('pending', 'running') RETURNING id
), said AS (
  INSERT INTO {s}.job_timeline (job_id, cause) SELECT id, 'cancel requested' FROM job
)
SELECT id FROM job

-- RETRY
WITH job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'pending', completed_at = NULL, error_message = NULL, error_kind = NULL, error_fields = NULL,
      cancel_requested = false, redispatches = 0, waiting = NULL, not_before = NULL, expires_at = NULL,
      retry_count = j.retry_count + 1
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.status = 'failed' AND NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs later
    WHERE later.product_id = j.product_id AND later.marketplace = j.marketplace AND later.id > j.id
      AND later.started_at IS NOT NULL)
  RETURNING j.id
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = CASE WHEN t.look_at IS NULL THEN 'pending' ELSE 'running' END, failures = 0, deaths = 0,
      not_before = NULL, error = NULL, error_kind = NULL, error_fields = NULL, completed_at = NULL,
      look_at = CASE WHEN t.look_at IS NOT NULL THEN clock_timestamp() END
  FROM job WHERE t.job_id = job.id AND t.status = 'failed' RETURNING t.job_id, t.name, t.claims, t.status
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt)
  SELECT id, NULL, 'failed', 'pending', 'retry requested', 0 FROM job
  UNION ALL SELECT job_id, name, 'failed', 'pending', 'retry requested', claims FROM task
  UNION ALL SELECT job_id, name, 'pending', 'running', 'looked for first', claims FROM task WHERE status = 'running'
)
SELECT id FROM job

-- UNFOLD_LATER
SELECT public.unfold('{s}', ARRAY(
  SELECT later.id FROM {s}.marketplace_jobs j JOIN {s}.marketplace_jobs later ON later.product_id = j.product_id AND later.id > j.id
  AND later.marketplace = j.marketplace AND later.status = 'pending' AND later.started_at IS NULL
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.status = 'failed' AND later.folded IS NOT NULL))

-- WAITING
SELECT j.id FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a ON a.id = j.action_type_id
WHERE j.product_id = ANY(%(products)s::int[]) AND j.marketplace = %(marketplace)s AND a.code = ANY(%(actions)s::text[])
  AND j.status = 'pending' AND NOT j.acted AND NOT j.cancel_requested ORDER BY j.id
