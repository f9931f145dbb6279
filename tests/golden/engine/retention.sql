-- COUNT_OLD
WITH page AS MATERIALIZED (
  SELECT id, created_at FROM {s}.marketplace_jobs WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
), old AS MATERIALIZED (
  SELECT j.id FROM page JOIN {s}.marketplace_jobs j ON j.id = page.id
  WHERE coalesce(j.completed_at, j.created_at) < date_trunc('day', clock_timestamp() - %(days)s::float8 * interval '1 day', 'UTC')
    AND j.status IN ('completed', 'failed', 'cancelled', 'expired') AND (j.late_until IS NULL OR j.late_until <= clock_timestamp())
    AND NOT EXISTS (SELECT FROM {s}.strays d WHERE d.job_id = j.id)
    AND NOT EXISTS (
      SELECT FROM {s}.marketplace_jobs b WHERE b.batch_job_id = j.batch_job_id AND b.status IN ('pending', 'running'))
  ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
)
SELECT (SELECT count(*) FROM page) AS seen, (SELECT max(id) FROM page) AS last,
  (SELECT bool_and(created_at < date_trunc('day', clock_timestamp() - %(days)s::float8 * interval '1 day', 'UTC')) FROM page) AS all_old,
  (SELECT count(*) FROM old) AS forgotten

-- FORGET_EMPTY_BATCHES
DELETE FROM {s}.batch_jobs b
WHERE coalesce(b.completed_at, b.created_at) < date_trunc('day', clock_timestamp() - %(days)s::float8 * interval '1 day', 'UTC')
  AND NOT EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.batch_job_id = b.id)

-- FORGET_OLD
WITH page AS MATERIALIZED (
  SELECT id, created_at FROM {s}.marketplace_jobs WHERE id > %(after)s ORDER BY id LIMIT %(limit)s
), old AS MATERIALIZED (
  SELECT j.id FROM page JOIN {s}.marketplace_jobs j ON j.id = page.id
  WHERE coalesce(j.completed_at, j.created_at) < date_trunc('day', clock_timestamp() - %(days)s::float8 * interval '1 day', 'UTC')
    AND j.status IN ('completed', 'failed', 'cancelled', 'expired') AND (j.late_until IS NULL OR j.late_until <= clock_timestamp())
    AND NOT EXISTS (SELECT FROM {s}.strays d WHERE d.job_id = j.id)
    AND NOT EXISTS (
      SELECT FROM {s}.marketplace_jobs b WHERE b.batch_job_id = j.batch_job_id AND b.status IN ('pending', 'running'))
  ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
), commands AS (
  DELETE FROM {s}.plugin_commands c USING {s}.marketplace_tasks t, old WHERE t.job_id = old.id AND c.task_id = t.id
), calls AS (
  DELETE FROM {s}.job_calls c USING old WHERE c.job_id = old.id
), gone AS (
  DELETE FROM {s}.marketplace_jobs j USING old WHERE j.id = old.id RETURNING j.id
)
SELECT (SELECT count(*) FROM page) AS seen, (SELECT max(id) FROM page) AS last,
  (SELECT bool_and(created_at < date_trunc('day', clock_timestamp() - %(days)s::float8 * interval '1 day', 'UTC')) FROM page) AS all_old,
  (SELECT count(*) FROM gone) AS forgotten

-- SUMMARY
SELECT (SELECT count(*) FROM page) AS seen, (SELECT max(id) FROM page) AS last,
  (SELECT bool_and(created_at < date_trunc('day', clock_timestamp() - %(days)s::float8 * interval '1 day', 'UTC')) FROM page) AS all_old,
  (SELECT count(*) FROM {forgotten}) AS forgotten
