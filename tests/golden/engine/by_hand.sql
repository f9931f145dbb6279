-- COMPLETE
WITH was AS MATERIALIZED (
  SELECT j.id, j.status FROM {s}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND NOT EXISTS (
    SELECT FROM {s}.marketplace_tasks t WHERE t.job_id = j.id AND t.status = 'running')
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = %(status)s, completed_at = clock_timestamp(), started_at = coalesce(j.started_at, clock_timestamp()),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = NULL, waiting = NULL
  FROM was WHERE j.id = was.id RETURNING j.id, was.status AS before
), task AS (
  UPDATE {s}.marketplace_tasks t SET status = 'skipped', completed_at = clock_timestamp(), not_before = NULL
  FROM job WHERE t.job_id = job.id AND t.status = 'pending' RETURNING t.job_id, t.name, t.claims
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT id, NULL::text, 'pending', 'running', 'started', 0, NULL::jsonb FROM job WHERE before = 'pending'
  UNION ALL SELECT job_id, name, 'pending', 'skipped', %(cause)s, claims, NULL FROM task
  UNION ALL SELECT id, NULL, 'running', %(status)s, %(cause)s, 0, %(detail)s::jsonb FROM job
)
SELECT id FROM job

-- FAIL
WITH was AS MATERIALIZED (
  SELECT j.id, j.status FROM {s}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND NOT EXISTS (
    SELECT FROM {s}.marketplace_tasks t WHERE t.job_id = j.id AND t.status = 'running')
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = %(status)s, completed_at = clock_timestamp(), started_at = coalesce(j.started_at, clock_timestamp()),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = NULL, waiting = NULL
  FROM was WHERE j.id = was.id RETURNING j.id, was.status AS before
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT id, NULL::text, 'pending', 'running', 'started', 0, NULL::jsonb FROM job WHERE before = 'pending'
  UNION ALL SELECT id, NULL, 'running', %(status)s, %(cause)s, 0, %(detail)s::jsonb FROM job
)
SELECT id FROM job

-- LOCK
SELECT j.id FROM {s}.marketplace_jobs j WHERE j.id = %(job)s FOR UPDATE
