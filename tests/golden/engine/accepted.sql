-- SETTLE_ACCEPTED
WITH task AS (
  UPDATE {s}.marketplace_tasks
  SET claimed_by = NULL, deadline = NULL, error = %(reason)s, error_kind = 'accepted',
      look_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second',
      output = jsonb_build_object('operation', %(operation)s::jsonb,
        'until', clock_timestamp() + %(at_most_s)s::float8 * interval '1 second')
  WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s
  RETURNING id, job_id, name, claims, output
), named AS (
  INSERT INTO public.operations AS o (tenant, task, marketplace, operation, until)
  SELECT %(tenant)s, id, %(marketplace)s, output -> 'operation' ->> 'id', (output ->> 'until')::timestamptz
  FROM task WHERE length(output -> 'operation' ->> 'id') BETWEEN 1 AND %(longest)s
  ON CONFLICT (tenant, task) DO UPDATE SET operation = EXCLUDED.operation, until = EXCLUDED.until
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, cause, attempt, detail)
  SELECT job_id, name, 'accepted', claims, jsonb_build_object('reason', %(reason)s::text) FROM task
)
SELECT false AS failed FROM task

-- SETTLE_STILL_ACCEPTED
WITH told AS MATERIALIZED (
  SELECT t.id, %(reason)s::text AS reason, (t.output ->> 'until')::timestamptz <= clock_timestamp() AS given_up
  FROM {s}.marketplace_tasks t JOIN {s}.marketplace_jobs j ON j.id = t.job_id
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s FOR UPDATE OF j, t
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET claimed_by = NULL, deadline = NULL, error = told.reason,
      status = CASE WHEN told.given_up THEN 'failed' ELSE 'running' END,
      error_kind = CASE WHEN told.given_up THEN 'unverified' ELSE 'verifying' END,
      look_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  FROM told WHERE t.id = told.id RETURNING t.job_id, t.name, t.claims, t.marker, told.given_up, told.reason
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), waiting = NULL, error_kind = 'unverified',
      error_message = %(words)s::text || task.reason
        || ' Check on ' || j.marketplace || ' whether it was done: a retry looks first, and a sync links what it finds.'
  FROM task WHERE j.id = task.job_id AND task.given_up
  RETURNING j.id, j.product_id, j.marketplace, j.action_type_id, j.request_id, j.error_message
), orphan AS (
  INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
  SELECT job.id, job.product_id, job.marketplace, task.marker,
         clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  FROM task JOIN job ON job.id = task.job_id WHERE %(marked)s AND task.marker IS NOT NULL
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, CASE WHEN given_up THEN 'running' END, CASE WHEN given_up THEN 'failed' END,
         %(cause)s, claims, jsonb_build_object('reason', reason) FROM task WHERE given_up OR %(tells)s
  UNION ALL SELECT id, NULL, 'running', 'failed', %(ending)s::text, 0,
         jsonb_build_object('reason', error_message) FROM job
)
SELECT given_up AS failed FROM task
