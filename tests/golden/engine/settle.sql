-- SETTLE_ACTED
WITH task AS (
  UPDATE {s}.marketplace_tasks
  SET status = 'completed', output = %(output)s, completed_at = clock_timestamp(), claimed_by = NULL,
      deadline = NULL, look_at = NULL, error = NULL, error_kind = NULL
  WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s
  RETURNING job_id, name, claims, marker, output
), acted AS (
  UPDATE {s}.marketplace_jobs j SET acted = true FROM task WHERE j.id = task.job_id RETURNING j.id
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', 'completed', %(cause)s, claims, CASE WHEN output ? 'warnings' THEN jsonb_build_object('warnings', output -> 'warnings') END FROM task
)
SELECT false AS cancelled FROM acted

-- SETTLE_BACK
WITH task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = CASE WHEN (t.failures + %(charge)s > j.max_retries OR t.deaths >= %(quarantine)s)
                      AND NOT (j.cancel_requested AND NOT j.acted) THEN 'failed' ELSE 'pending' END,
      failures = t.failures + %(charge)s, claimed_by = NULL, deadline = NULL, look_at = NULL,
      not_before = clock_timestamp() + %(delay_s)s::float8 * interval '1 second',
      absences = t.absences + %(absences)s, output = NULL, error = %(reason)s[[told]],
      error_kind = CASE WHEN t.deaths >= %(quarantine)s THEN 'poison' ELSE %(kind)s END
  FROM {s}.marketplace_jobs j
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s AND j.id = t.job_id
  RETURNING t.job_id, t.name, t.claims, t.status, t.marker, t.error, t.error_kind
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = CASE WHEN task.status = 'failed' THEN 'failed' ELSE j.status END, waiting = %(waiting)s,
      completed_at = CASE WHEN task.status = 'failed' THEN clock_timestamp() END,
      error_message = task.error, error_kind = task.error_kind,
      late_until = greatest(j.late_until, clock_timestamp() + %(late_s)s::float8 * interval '1 second')
  FROM task WHERE j.id = task.job_id
  RETURNING j.id, j.status, j.cancel_requested AND NOT j.acted AS cancelled, j.product_id, j.marketplace, j.error_kind
)[[ended]], orphan AS (
  INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
  SELECT job.id, job.product_id, job.marketplace, task.marker,
         clock_timestamp() + %(orphan_after_s)s::float8 * interval '1 second'
  FROM task, job WHERE %(orphan_after_s)s::float8 IS NOT NULL AND task.marker IS NOT NULL
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', status, %(cause)s, claims, %(detail)s FROM task
  UNION ALL SELECT id, NULL, 'running', 'failed', %(cause)s, 0, %(detail)s FROM job WHERE status = 'failed'
)
SELECT job.status = 'failed' AS failed, job.cancelled, job.error_kind AS kind FROM job

-- SETTLE_DONE
WITH task AS (
  UPDATE {s}.marketplace_tasks
  SET status = 'completed', output = %(output)s, completed_at = clock_timestamp(), claimed_by = NULL,
      deadline = NULL, look_at = NULL, error = NULL, error_kind = NULL
  WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s
  RETURNING job_id, name, claims, marker, output
), job AS MATERIALIZED (
  SELECT j.cancel_requested, j.acted FROM {s}.marketplace_jobs j, task WHERE j.id = task.job_id FOR UPDATE OF j
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', 'completed', %(cause)s, claims, CASE WHEN output ? 'warnings' THEN jsonb_build_object('warnings', output -> 'warnings') END FROM task
)
SELECT cancel_requested AND NOT acted AS cancelled FROM job

-- SETTLE_ENDED
WITH task AS (
  UPDATE {s}.marketplace_tasks
  SET status = 'completed', output = %(output)s, completed_at = clock_timestamp(), claimed_by = NULL,
      deadline = NULL, look_at = NULL, error = NULL, error_kind = NULL
  WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s
  RETURNING job_id, name, claims, marker, output
), job AS MATERIALIZED (
  SELECT j.id, j.product_id, j.marketplace FROM {s}.marketplace_jobs j, task WHERE j.id = task.job_id FOR UPDATE OF j
), remembered AS (
  INSERT INTO {s}.remote_listings (marketplace, external_id, product_id, state, title, price, currency, url)
  SELECT l.marketplace, l.external_id, p.id, 'gone', p.title, p.price, p.currency, coalesce(l.url, '')
  FROM job
  JOIN {s}.listings l ON l.product_id = job.product_id AND l.marketplace = job.marketplace
    AND l.external_id = %(ended)s AND l.visible
  JOIN {s}.products p ON p.id = l.product_id
  ON CONFLICT (marketplace, external_id) DO NOTHING
), listing AS (
  UPDATE {s}.listings l
  SET external_id = NULL, visible = false, url = NULL, photos = NULL, quantity = NULL, job_id = job.id,
      updated_at = clock_timestamp()
  FROM job
  WHERE l.product_id = job.product_id AND l.marketplace = job.marketplace AND l.external_id = %(ended)s
), remote AS (
  UPDATE {s}.remote_listings r SET state = 'gone', seen_at = clock_timestamp()
  FROM job WHERE r.marketplace = job.marketplace AND r.external_id = %(ended)s AND r.state <> 'sold'
), acted AS (
  UPDATE {s}.marketplace_jobs j SET acted = true FROM job WHERE j.id = job.id
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', 'completed', %(cause)s, claims, CASE WHEN output ? 'warnings' THEN jsonb_build_object('warnings', output -> 'warnings') END FROM task
)
SELECT false AS cancelled, '' AS external_id FROM job

-- SETTLE_FAILED
WITH task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = CASE WHEN j.cancel_requested AND NOT j.acted THEN 'pending' ELSE 'failed' END, claimed_by = NULL,
      completed_at = CASE WHEN j.cancel_requested AND NOT j.acted THEN NULL ELSE clock_timestamp() END,
      deadline = NULL, look_at = NULL, output = NULL, error = %(reason)s, error_kind = %(kind)s,
      error_fields = %(fields)s
  FROM {s}.marketplace_jobs j
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s AND j.id = t.job_id
  RETURNING t.job_id, t.name, t.claims, t.status
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), error_message = %(reason)s, error_kind = %(kind)s,
      error_fields = %(fields)s, waiting = NULL
  FROM task WHERE j.id = task.job_id AND j.status = 'running' AND task.status = 'failed' RETURNING j.id
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', status, %(kind)s, claims, %(detail)s FROM task
  UNION ALL SELECT id, NULL, 'running', 'failed', %(kind)s, 0, %(detail)s FROM job
)
SELECT EXISTS (SELECT FROM job) AS failed FROM task

-- SETTLE_LISTED
WITH task AS (
  UPDATE {s}.marketplace_tasks
  SET status = 'completed', output = %(output)s, completed_at = clock_timestamp(), claimed_by = NULL,
      deadline = NULL, look_at = NULL, error = NULL, error_kind = NULL
  WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s
  RETURNING job_id, name, claims, marker, output
), job AS MATERIALIZED (
  SELECT j.id, j.product_id, j.marketplace, j.cancel_requested, j.acted
  FROM {s}.marketplace_jobs j, task WHERE j.id = task.job_id FOR UPDATE OF j
), listing AS (
  INSERT INTO {s}.listings AS l (product_id, marketplace, external_id, visible, url, photos, quantity, job_id)
  SELECT product_id, marketplace, %(external_id)s, %(visible)s, %(url)s, %(photos)s, %(quantity)s, id FROM job
  WHERE product_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM {s}.listings o
    WHERE o.marketplace = job.marketplace AND o.external_id = %(external_id)s AND o.product_id <> job.product_id)
  ON CONFLICT (product_id, marketplace) DO UPDATE
    SET external_id = coalesce(nullif(l.external_id, %(replaces)s), EXCLUDED.external_id),
        updated_at = clock_timestamp(),
        visible = CASE WHEN coalesce(nullif(l.external_id, %(replaces)s), EXCLUDED.external_id) = EXCLUDED.external_id
                       THEN EXCLUDED.visible OR l.visible ELSE l.visible END,
        url = coalesce(nullif(EXCLUDED.url, ''), l.url), photos = coalesce(EXCLUDED.photos, l.photos),
        quantity = CASE WHEN coalesce(nullif(l.external_id, %(replaces)s), EXCLUDED.external_id) = EXCLUDED.external_id
                        THEN coalesce(EXCLUDED.quantity, l.quantity) ELSE l.quantity END,
        job_id = EXCLUDED.job_id
  RETURNING external_id, visible
)[[gone]], orphan AS (
  INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
  SELECT job.id, job.product_id, job.marketplace, task.marker, clock_timestamp()
  FROM task, job, listing WHERE listing.external_id <> %(external_id)s AND %(marked)s
), seen AS (
  UPDATE {s}.marketplace_jobs j SET acted = true FROM job, listing WHERE j.id = job.id AND listing.visible
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', 'completed', %(cause)s, claims, CASE WHEN output ? 'warnings' THEN jsonb_build_object('warnings', output -> 'warnings') END FROM task
)
SELECT job.cancel_requested AND NOT (job.acted OR coalesce((SELECT visible FROM listing), false)) AS cancelled,
       (SELECT external_id FROM listing) AS external_id
FROM job
