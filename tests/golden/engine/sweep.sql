-- ACTIVE
SELECT tenant FROM public.tenant_work WHERE tenant > %(after)s ORDER BY tenant LIMIT %(limit)s

-- SWEEP_LOCK
SELECT pg_try_advisory_xact_lock(4820811) AS mine

-- SWEEP_ORPHANS
UPDATE {s}.strays SET claimed_by = NULL, deadline = NULL, look_after = clock_timestamp()
WHERE (deadline <= clock_timestamp() OR claimed_by = ANY(%(dead)s::bigint[])) RETURNING job_id

-- SWEEP_TASKS
WITH lost AS MATERIALIZED (
  SELECT t.id, t.job_id, t.name, t.kind, t.claims, t.deaths, t.look_at, t.claimed_by IS NOT NULL AS held, t.marker,
    t.quiet_s,
    CASE WHEN t.look_at IS NOT NULL AND t.claimed_by IS NOT NULL THEN 1 + (
      SELECT count(*) FROM {s}.job_timeline l
      WHERE l.job_id = t.job_id AND l.task = t.name AND l.cause = 'swept: look died') ELSE 0 END AS looks_died
  FROM {s}.marketplace_tasks t
  WHERE t.status = 'running' AND (t.claimed_by IS NOT NULL OR t.deadline IS NOT NULL)
    AND (t.claimed_by = ANY(%(dead)s::bigint[]) OR t.deadline <= clock_timestamp()
      OR (t.claimed_by IS NOT NULL AND NOT EXISTS (SELECT FROM public.processes p WHERE p.id = t.claimed_by)))
  ORDER BY t.id LIMIT %(limit)s FOR UPDATE OF t SKIP LOCKED
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET claimed_by = NULL, deadline = NULL,
      deaths = t.deaths + (lost.held AND lost.look_at IS NULL)::int,
      failures = t.failures + (NOT lost.held AND lost.look_at IS NULL AND lost.kind <> 'unsafe')::int,
      status = CASE
        WHEN lost.look_at IS NOT NULL OR lost.kind = 'unsafe' THEN 'running'
        WHEN t.deaths + lost.held::int >= %(quarantine)s
          OR t.failures + (NOT lost.held)::int > j.max_retries THEN 'failed' ELSE 'pending' END,
      look_at = CASE
  WHEN lost.looks_died > 1 THEN clock_timestamp() + interval '1 second' * least(
    %(longest_s)s::float8, %(blind_s)s::float8 * power(2, least(lost.looks_died - 2, 16))) * (0.5 + random() / 2)
  WHEN lost.look_at IS NOT NULL THEN clock_timestamp()
  WHEN lost.kind = 'unsafe'
    THEN clock_timestamp() + coalesce((%(quiet_s)s::jsonb ->> j.marketplace)::float8, 30) * interval '1 second'
  END,
      error = CASE WHEN lost.held THEN 'The process that ran it ended without an answer.'
                   ELSE 'No answer came before the deadline.' END,
      error_kind = CASE WHEN lost.look_at IS NOT NULL OR lost.kind = 'unsafe' THEN 'verifying'
                        WHEN t.deaths + lost.held::int >= %(quarantine)s THEN 'poison' ELSE 'interrupted' END
  FROM lost, {s}.marketplace_jobs j WHERE t.id = lost.id AND j.id = lost.job_id
  RETURNING t.job_id, t.name, t.claims, t.polls, t.status, t.error, t.error_kind, lost.looks_died, lost.quiet_s
), late AS (
  UPDATE {s}.marketplace_jobs j SET late_until = greatest(j.late_until, clock_timestamp() + task.quiet_s * interval '1 second')
  FROM task WHERE j.id = task.job_id AND task.status <> 'failed' AND task.quiet_s IS NOT NULL
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), error_message = task.error, error_kind = task.error_kind,
      late_until = greatest(j.late_until, clock_timestamp() + task.quiet_s * interval '1 second')
  FROM task WHERE j.id = task.job_id AND task.status = 'failed' AND j.status = 'running'
  RETURNING j.id, j.error_kind, j.marketplace, j.action_type_id, j.request_id
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', nullif(status, 'running'),
         'swept: ' || CASE WHEN looks_died > 0 THEN 'look died' ELSE error_kind END, claims,
         jsonb_build_object('reason', error) FROM task
  UNION ALL SELECT id, NULL, 'running', 'failed', error_kind, 0, NULL FROM job
)
SELECT task.job_id, task.name AS task, task.claims - task.polls AS attempt, task.error AS reason, task.looks_died,
  job.error_kind AS kind, job.marketplace, a.code AS action, coalesce(job.request_id, 'none') AS request_id
FROM task LEFT JOIN job ON job.id = task.job_id LEFT JOIN public.marketplace_action_types a ON a.id = job.action_type_id

-- UNFOLD_LOST
SELECT public.unfold('{s}', ARRAY(
  SELECT j.id FROM {s}.marketplace_jobs j
  WHERE j.status = 'running' AND j.claimed_by IS NOT NULL
    AND (j.claimed_by = ANY(%(dead)s::bigint[]) OR j.deadline <= clock_timestamp()
      OR NOT EXISTS (SELECT FROM public.processes p WHERE p.id = j.claimed_by))
  ORDER BY j.id LIMIT %(limit)s FOR UPDATE OF j SKIP LOCKED))
