-- ONE
SELECT * FROM (
  SELECT b.id, b.name, b.marketplace, b.action_code AS action, b.priority, b.created_at, CASE
      WHEN c.jobs = 0 THEN b.status
      WHEN c.pending = c.jobs THEN 'pending'
      WHEN c.pending + c.running > 0 THEN 'running'
      WHEN c.failed + c.expired > 0 THEN CASE WHEN c.completed > 0 THEN 'partially_failed' ELSE 'failed' END
      WHEN c.cancelled > 0 THEN 'cancelled'
      ELSE 'completed' END AS status,
    CASE WHEN c.jobs = 0 THEN b.total_count ELSE c.jobs END AS total, c.pending, c.running,
    CASE WHEN c.jobs = 0 THEN b.completed_count ELSE c.completed END AS completed,
    CASE WHEN c.jobs = 0 THEN b.failed_count ELSE c.failed END AS failed,
    CASE WHEN c.jobs = 0 THEN b.cancelled_count ELSE c.cancelled END AS cancelled, c.expired,
    coalesce(c.started_at, b.started_at) AS started_at,
    CASE WHEN c.jobs = 0 THEN b.completed_at WHEN c.pending + c.running = 0 THEN c.ended_at END AS completed_at
  FROM {s}.batch_jobs b CROSS JOIN LATERAL (
  SELECT count(*) AS jobs, count(*) FILTER (WHERE j.status = 'pending') AS pending,
    count(*) FILTER (WHERE j.status = 'running') AS running,
    count(*) FILTER (WHERE j.status = 'completed') AS completed,
    count(*) FILTER (WHERE j.status = 'failed') AS failed,
    count(*) FILTER (WHERE j.status = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE j.status = 'expired') AS expired,
    min(j.started_at) AS started_at, max(j.completed_at) AS ended_at
  FROM {s}.marketplace_jobs j WHERE j.batch_job_id = b.id
) AS c
) AS batch
WHERE id = %(batch)s

-- PAGE
SELECT * FROM (
  SELECT b.id, b.name, b.marketplace, b.action_code AS action, b.priority, b.created_at, CASE
      WHEN c.jobs = 0 THEN b.status
      WHEN c.pending = c.jobs THEN 'pending'
      WHEN c.pending + c.running > 0 THEN 'running'
      WHEN c.failed + c.expired > 0 THEN CASE WHEN c.completed > 0 THEN 'partially_failed' ELSE 'failed' END
      WHEN c.cancelled > 0 THEN 'cancelled'
      ELSE 'completed' END AS status,
    CASE WHEN c.jobs = 0 THEN b.total_count ELSE c.jobs END AS total, c.pending, c.running,
    CASE WHEN c.jobs = 0 THEN b.completed_count ELSE c.completed END AS completed,
    CASE WHEN c.jobs = 0 THEN b.failed_count ELSE c.failed END AS failed,
    CASE WHEN c.jobs = 0 THEN b.cancelled_count ELSE c.cancelled END AS cancelled, c.expired,
    coalesce(c.started_at, b.started_at) AS started_at,
    CASE WHEN c.jobs = 0 THEN b.completed_at WHEN c.pending + c.running = 0 THEN c.ended_at END AS completed_at
  FROM {s}.batch_jobs b CROSS JOIN LATERAL (
  SELECT count(*) AS jobs, count(*) FILTER (WHERE j.status = 'pending') AS pending,
    count(*) FILTER (WHERE j.status = 'running') AS running,
    count(*) FILTER (WHERE j.status = 'completed') AS completed,
    count(*) FILTER (WHERE j.status = 'failed') AS failed,
    count(*) FILTER (WHERE j.status = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE j.status = 'expired') AS expired,
    min(j.started_at) AS started_at, max(j.completed_at) AS ended_at
  FROM {s}.marketplace_jobs j WHERE j.batch_job_id = b.id
) AS c
) AS batch

WHERE (%(marketplace)s::text IS NULL OR marketplace = %(marketplace)s)
  AND (%(status)s::text IS NULL OR status = %(status)s) AND (%(before)s::int IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
