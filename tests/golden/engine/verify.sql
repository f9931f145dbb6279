-- CANCELLING
SELECT j.id FROM {s}.marketplace_jobs j WHERE j.status = 'running' AND j.cancel_requested ORDER BY j.id LIMIT %(limit)s

-- GIVE_UP
WITH told AS MATERIALIZED (
  SELECT t.id, true AS given_up, CASE
      WHEN c.marketplace IS NOT NULL THEN coalesce(c.reason, 'The seller must act.')
      WHEN away.is_so THEN 'The plugin is offline.'
      ELSE coalesce(t.error, 'Nobody looked.') END AS reason, %(words)s::text AS words, %(ending)s::text AS ending
  FROM {s}.marketplace_jobs j
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id
  JOIN {s}.marketplace_tasks t ON t.job_id = j.id AND t.status = 'running' AND t.look_at IS NOT NULL AND t.claimed_by IS NULL AND t.deadline IS NULL
  LEFT JOIN {s}.connections c ON c.marketplace = j.marketplace AND c.state <> 'connected'
  CROSS JOIN LATERAL (SELECT j.marketplace = ANY(%(plugins)s::text[]) AND NOT EXISTS (
    SELECT FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
    WHERE v.tenant = %(tenant)s AND v.connected AND NOT p.dead AND p.expires_at > clock_timestamp()) AS is_so) AS away
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.status = 'running' AND j.cancel_requested AND (
    (t.look_at <= clock_timestamp() AND (c.marketplace IS NOT NULL OR away.is_so))
    OR t.look_at > clock_timestamp() + %(longest_s)s::float8 * interval '1 second'
    OR t.look_at < clock_timestamp() - %(longest_s)s::float8 * interval '1 second'
    OR %(enough)s <= (
    SELECT count(*) FROM {s}.job_timeline l WHERE l.job_id = j.id AND l.task = t.name
      AND l.cause IN ('could not look', 'swept: look died', 'swept: verifying')
      AND l.id > (SELECT max(c.id) FROM {s}.job_timeline c WHERE c.job_id = j.id AND c.cause = 'cancel requested'))
    OR (clock_timestamp() - %(patience_s)s::float8 * interval '1 second' > (
    SELECT max(c.at) FROM {s}.job_timeline c WHERE c.job_id = j.id AND c.cause = 'cancel requested') AND (NOT EXISTS (
    SELECT FROM public.processes w WHERE w.kind = 'worker' AND NOT w.dead AND w.expires_at > clock_timestamp()
      AND (w.serves IS NULL OR j.marketplace = ANY(w.serves))) OR EXISTS (
    SELECT FROM public.unknown_tasks u JOIN public.processes p ON p.id = u.process
    WHERE NOT p.dead AND p.expires_at > clock_timestamp() AND u.marketplace = j.marketplace AND u.action = a.code
      AND NOT EXISTS (
    SELECT FROM public.processes w
    WHERE w.kind = 'worker' AND w.id <> 0 AND NOT w.dead AND w.expires_at > clock_timestamp()
      AND (w.serves IS NULL OR u.marketplace = ANY(w.serves))
      AND NOT EXISTS (
        SELECT FROM public.unknown_tasks k
        WHERE k.process = w.id
          AND (k.marketplace, k.action, k.task) = (u.marketplace, u.action, u.task))) AND EXISTS (
        SELECT FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = j.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        j.created_at, started_at, completed_at
      FROM public.folded_tasks(j.folded, j.task_ids, j.claimed_by, j.deadline)) AS k
        WHERE k.status NOT IN ('completed', 'skipped') AND split_part(k.name, ':', 1) = u.task)))))
  ORDER BY j.id FOR UPDATE OF j, t
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET claimed_by = NULL, deadline = NULL, error = told.reason,
      status = CASE WHEN told.given_up THEN 'failed' ELSE 'running' END,
      error_kind = CASE WHEN told.given_up THEN 'unverified' ELSE 'verifying' END,
      polls = t.polls + (NOT told.given_up AND NOT %(tells)s)::int,
      look_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  FROM told WHERE t.id = told.id
  RETURNING t.job_id, t.name, t.claims, t.polls, t.marker, told.given_up, told.reason, told.words, told.ending
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), waiting = NULL, error_kind = 'unverified',
      error_message = task.words || task.reason
        || ' Check on ' || j.marketplace || ' whether it was done: a retry looks first, and a sync links what it finds.'
  FROM task WHERE j.id = task.job_id AND task.given_up
  RETURNING j.id, j.product_id, j.marketplace, j.action_type_id, j.request_id, j.error_message, task.ending
), orphan AS (
  INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
  SELECT job.id, job.product_id, job.marketplace, task.marker,
         clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  FROM task JOIN job ON job.id = task.job_id WHERE %(marked)s AND task.marker IS NOT NULL
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, CASE WHEN given_up THEN 'running' END, CASE WHEN given_up THEN 'failed' END,
         %(cause)s, claims, jsonb_build_object('reason', reason) FROM task WHERE given_up OR %(tells)s
  UNION ALL SELECT id, NULL, 'running', 'failed', ending, 0,
         jsonb_build_object('reason', error_message) FROM job
)
SELECT job.id AS job_id, task.name AS task, task.claims - task.polls AS attempt, job.error_message AS reason,
  'unverified' AS kind, job.marketplace, a.code AS action, coalesce(job.request_id, 'none') AS request_id
FROM job JOIN task ON task.job_id = job.id JOIN public.marketplace_action_types a ON a.id = job.action_type_id

-- SETTLE_UNTOLD
WITH told AS MATERIALIZED (
  SELECT t.id, %(reason)s::text AS reason,
    coalesce((t.output ->> 'until')::timestamptz <= clock_timestamp(), false) OR j.cancel_requested AND (%(at_once)s OR %(enough)s <= 1 + (
    SELECT count(*) FROM {s}.job_timeline l WHERE l.job_id = j.id AND l.task = t.name
      AND l.cause IN ('could not look', 'swept: look died', 'swept: verifying')
      AND l.id > (SELECT max(c.id) FROM {s}.job_timeline c WHERE c.job_id = j.id AND c.cause = 'cancel requested'))) AS given_up,
    CASE WHEN coalesce((t.output ->> 'until')::timestamptz <= clock_timestamp(), false) THEN %(late_words)s::text ELSE %(words)s::text END AS words,
    CASE WHEN coalesce((t.output ->> 'until')::timestamptz <= clock_timestamp(), false) THEN %(late_ending)s::text ELSE %(ending)s::text END AS ending
  FROM {s}.marketplace_tasks t JOIN {s}.marketplace_jobs j ON j.id = t.job_id
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s FOR UPDATE OF j, t
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET claimed_by = NULL, deadline = NULL, error = told.reason,
      status = CASE WHEN told.given_up THEN 'failed' ELSE 'running' END,
      error_kind = CASE WHEN told.given_up THEN 'unverified' ELSE 'verifying' END,
      polls = t.polls + (NOT told.given_up AND NOT %(tells)s)::int,
      look_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  FROM told WHERE t.id = told.id
  RETURNING t.job_id, t.name, t.claims, t.polls, t.marker, told.given_up, told.reason, told.words, told.ending
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), waiting = NULL, error_kind = 'unverified',
      error_message = task.words || task.reason
        || ' Check on ' || j.marketplace || ' whether it was done: a retry looks first, and a sync links what it finds.'
  FROM task WHERE j.id = task.job_id AND task.given_up
  RETURNING j.id, j.product_id, j.marketplace, j.action_type_id, j.request_id, j.error_message, task.ending
), orphan AS (
  INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
  SELECT job.id, job.product_id, job.marketplace, task.marker,
         clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  FROM task JOIN job ON job.id = task.job_id WHERE %(marked)s AND task.marker IS NOT NULL
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, CASE WHEN given_up THEN 'running' END, CASE WHEN given_up THEN 'failed' END,
         %(cause)s, claims, jsonb_build_object('reason', reason) FROM task WHERE given_up OR %(tells)s
  UNION ALL SELECT id, NULL, 'running', 'failed', ending, 0,
         jsonb_build_object('reason', error_message) FROM job
)
SELECT given_up AS failed FROM task

-- SETTLE_VERIFYING
WITH task AS (
  UPDATE {s}.marketplace_tasks
  SET claimed_by = NULL, deadline = NULL, looks = %(looks)s, error = %(reason)s, error_kind = 'verifying',
      look_at = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
  WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s
  RETURNING job_id, name, claims
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, cause, attempt, detail)
  SELECT job_id, name, %(cause)s, claims, %(detail)s FROM task
)
SELECT false AS failed FROM task
