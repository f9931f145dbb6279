-- KEEP
WITH made AS MATERIALIZED (
  SELECT c.* FROM jsonb_to_recordset(%(calls)s) AS c(
    job_id integer, at timestamptz, task text, purpose text, attempt integer, method text, path text, code integer,
    error text, took_ms integer)
  WHERE EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.id = c.job_id)
), old AS (
  DELETE FROM {s}.job_calls c
  USING (SELECT DISTINCT job_id FROM made) AS job
  CROSS JOIN LATERAL (
    SELECT l.at FROM {s}.job_calls l WHERE l.job_id = job.job_id ORDER BY l.at DESC OFFSET %(most)s LIMIT 1) AS last
  WHERE c.job_id = job.job_id AND c.at <= last.at
)
INSERT INTO {s}.job_calls (job_id, at, task, purpose, attempt, method, path, code, error, took_ms)
SELECT job_id, at, task, purpose, attempt, method, path, code, error, took_ms FROM made

-- READ
SELECT at, task, purpose, attempt, method, path, code, error, took_ms
FROM {s}.job_calls WHERE job_id = %(job)s ORDER BY at DESC LIMIT %(most)s
