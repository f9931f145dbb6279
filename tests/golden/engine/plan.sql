-- PLAN
WITH job AS MATERIALIZED (
  SELECT j.id, j.created_at FROM {s}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status = 'pending' AND NOT EXISTS (
    SELECT FROM {s}.marketplace_tasks t WHERE t.job_id = j.id AND t.status NOT IN ('completed', 'skipped'))
  FOR UPDATE
), last AS (
  SELECT coalesce(max(t.position), 0) AS position FROM {s}.marketplace_tasks t WHERE t.job_id = %(job)s
), said AS (
  INSERT INTO {s}.job_timeline (job_id, at, to_status, cause)
  SELECT id, created_at, 'pending', 'submitted' FROM job
  WHERE NOT EXISTS (SELECT FROM {s}.job_timeline l WHERE l.job_id = job.id)
)
INSERT INTO {s}.marketplace_tasks (job_id, name, position, kind, paced, status, created_at)
SELECT job.id, r.name, last.position + r.position, r.kind, r.paced, 'pending', clock_timestamp()
FROM job, last, jsonb_to_recordset(%(tasks)s) AS r(name text, position int, kind text, paced bool)
ON CONFLICT (job_id, position) DO NOTHING
