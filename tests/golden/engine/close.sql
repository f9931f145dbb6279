-- CLOSE
WITH [[settled]]was AS MATERIALIZED (
  SELECT j.id, j.status, j.cancel_requested FROM {s}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND (j.acted OR NOT j.cancel_requested)
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    [[if settled]]
    AND NOT EXISTS (
      SELECT FROM {s}.marketplace_tasks b WHERE b.job_id = j.id [[but inner]] [[but settled]]
        AND (b.status = 'running' [[all done]]))
  FOR UPDATE OF j
), now AS MATERIALIZED (
  SELECT clock_timestamp() AS at FROM was
), [[inner]][[failed]]job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = %(status)s, completed_at = now.at,
      started_at = coalesce(j.started_at, now.at - %(begun_ago_s)s::float8 * interval '1 second'),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s,
      waiting = NULL
  FROM was, now WHERE j.id = was.id
  RETURNING j.id, was.status AS before, was.cancel_requested
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, at, from_status, to_status, cause, attempt, detail)
  SELECT *, CASE WHEN to_status = 'failed' THEN %(detail)s::jsonb END FROM (
    [[settled line]]SELECT %(job)s, NULL::text, now.at - %(begun_ago_s)s::float8 * interval '1 second', 'pending',
      'running', 'started', 0 FROM job, now WHERE before = 'pending'
    UNION ALL [[inner lines]][[failed lines]]SELECT %(job)s, NULL, now.at, 'running', %(status)s,
      CASE WHEN cancel_requested THEN 'cancel came too late' ELSE %(cause)s END, 0 FROM job, now
  ) AS lines (job_id, task, at, from_status, to_status, cause, attempt)
)
SELECT (SELECT id FROM job) AS id[[is settled]]
