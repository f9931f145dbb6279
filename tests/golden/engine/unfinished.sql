-- CANCEL
WITH due AS MATERIALIZED (
  SELECT j.id, j.status, j.product_id, j.marketplace, j.started_at FROM {s}.marketplace_jobs j
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.status IN ('pending', 'running') AND j.cancel_requested
    AND NOT j.acted AND NOT EXISTS (SELECT FROM {s}.marketplace_tasks t WHERE t.job_id = j.id AND t.status = 'running')
  ORDER BY j.id FOR UPDATE OF j
), job AS (
  UPDATE {s}.marketplace_jobs j SET status = 'cancelled', completed_at = clock_timestamp(), waiting = NULL
  FROM due WHERE j.id = due.id RETURNING j.id, due.status AS before
), skipped AS (
  UPDATE {s}.marketplace_tasks t SET status = 'skipped', completed_at = clock_timestamp(), not_before = NULL
  FROM job WHERE t.job_id = job.id AND t.status = 'pending' RETURNING t.job_id, t.name, t.claims
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt)
  SELECT job_id, name, 'pending', 'skipped', 'cancel', claims FROM skipped
  UNION ALL SELECT id, NULL, before, 'cancelled', 'cancel', 0 FROM job
)
SELECT id, product_id, marketplace, started_at IS NOT NULL AS begun FROM due

-- DISOWN
WITH listing AS (
  UPDATE {s}.listings SET external_id = NULL, photos = NULL, quantity = NULL, updated_at = clock_timestamp()
  WHERE job_id = %(job)s AND product_id = %(product)s AND NOT visible AND external_id IS NOT NULL RETURNING product_id
)
INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
SELECT t.job_id, %(product)s, %(marketplace)s, t.marker, clock_timestamp()
FROM {s}.marketplace_tasks t
WHERE t.job_id = %(job)s AND t.marker IS NOT NULL AND t.status = 'completed' AND EXISTS (SELECT FROM listing)

-- END
WITH stuck AS MATERIALIZED (
  SELECT j.id, j.status, t.id AS task, CASE
    WHEN j.status = 'pending' THEN 'Nothing of it was tried again.'
    WHEN NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active)
      THEN 'The account is suspended.'
    WHEN c.marketplace IS NOT NULL THEN coalesce(c.reason, 'The seller must act.')
    WHEN away.is_so THEN 'The plugin is offline.'
    WHEN t.not_before > clock_timestamp() + %(longest_s)s::float8 * interval '1 second'
      OR %(enough)s <= (
        SELECT count(*) FROM {s}.job_timeline l WHERE l.job_id = j.id AND l.task = t.name
          AND l.to_status = 'pending' AND l.id > (
      SELECT max(c.id) FROM {s}.job_timeline c WHERE c.job_id = j.id AND c.cause = 'cancel requested'))
      OR (coalesce(t.not_before <= clock_timestamp(), true)
        AND told.last_at < clock_timestamp() - %(longest_s)s::float8 * interval '1 second')
      THEN coalesce(t.error, 'Nobody went on with it.')
    WHEN told.cancelled_at > clock_timestamp() - %(patience_s)s::float8 * interval '1 second' THEN NULL
    WHEN r.marketplace IS NOT NULL THEN j.marketplace || ' refuses StoFlow itself: ' || r.detail
    WHEN NOT EXISTS (
    SELECT FROM public.processes w WHERE w.kind = 'worker' AND NOT w.dead AND w.expires_at > clock_timestamp()
      AND (w.serves IS NULL OR j.marketplace = ANY(w.serves))) THEN 'No worker that is running works for ' || j.marketplace || '.'
    WHEN EXISTS (
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
        WHERE k.status NOT IN ('completed', 'skipped') AND split_part(k.name, ':', 1) = u.task)) THEN 'Only older workers are running, which do not know all of it.' END AS reason
  FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a ON a.id = j.action_type_id
  CROSS JOIN LATERAL (
    SELECT k.id, k.name, k.status, k.not_before, k.error FROM {s}.marketplace_tasks k
    WHERE k.job_id = j.id AND k.status NOT IN ('completed', 'skipped') ORDER BY k.position LIMIT 1) AS t
  CROSS JOIN LATERAL (
    SELECT max(l.at) FILTER (WHERE l.cause = 'cancel requested') AS cancelled_at,
      max(l.at) FILTER (WHERE l.cause <> 'cancel requested') AS last_at
    FROM {s}.job_timeline l WHERE l.job_id = j.id) AS told
  LEFT JOIN {s}.connections c ON c.marketplace = j.marketplace AND c.state <> 'connected'
  LEFT JOIN public.application_refusals r ON r.marketplace = j.marketplace AND r.ended_at IS NULL
  CROSS JOIN LATERAL (SELECT j.marketplace = ANY(%(plugins)s::text[]) AND NOT EXISTS (
    SELECT FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
    WHERE v.tenant = %(tenant)s AND v.connected AND NOT p.dead AND p.expires_at > clock_timestamp()) AS is_so) AS away
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.status IN ('pending', 'running') AND j.cancel_requested AND j.acted
    AND t.status = 'pending'
  ORDER BY j.id FOR UPDATE OF j
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = 'failed', claims = t.claims + 1, completed_at = clock_timestamp(), not_before = NULL,
      error = stuck.reason, error_kind = 'unfinished'
  FROM stuck WHERE t.id = stuck.task AND t.status = 'pending' AND stuck.reason IS NOT NULL
  RETURNING t.job_id, t.name, t.claims, t.polls, stuck.reason, stuck.status AS before
), job AS (
  UPDATE {s}.marketplace_jobs j
  SET status = 'failed', completed_at = clock_timestamp(), waiting = NULL, error_kind = 'unfinished',
      error_message = 'It was cancelled when part of it was done, which stays. Done: ' || (
      SELECT coalesce(string_agg(k.name, ', ' ORDER BY k.position), 'nothing') FROM {s}.marketplace_tasks k
      WHERE k.job_id = j.id AND (k.status = 'completed') = true) || '. Not done: '
        || (
      SELECT coalesce(string_agg(k.name, ', ' ORDER BY k.position), 'nothing') FROM {s}.marketplace_tasks k
      WHERE k.job_id = j.id AND (k.status = 'completed') = false) || '. It could not go on: ' || task.reason
        || CASE WHEN j.late_until > clock_timestamp() THEN ' Its last call may still be carried out.' ELSE '' END
        || ' A retry goes on from there.'
  FROM task WHERE j.id = task.job_id
  RETURNING j.id, j.marketplace, j.action_type_id, j.request_id, j.error_message
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, NULL, 'pending', 'running', 'started', 0, NULL::jsonb FROM task WHERE before = 'pending'
  UNION ALL SELECT job_id, name, 'pending', 'running', 'run', claims, NULL FROM task
  UNION ALL SELECT job_id, name, 'running', 'failed', 'unfinished', claims, jsonb_build_object('reason', reason)
    FROM task
  UNION ALL SELECT id, NULL, 'running', 'failed', 'cancelled before it was finished', 0,
    jsonb_build_object('reason', error_message) FROM job
)
SELECT job.id AS job_id, task.name AS task, task.claims - task.polls AS attempt, job.error_message AS reason,
  'unfinished' AS kind, job.marketplace, a.code AS action, coalesce(job.request_id, 'none') AS request_id
FROM job JOIN task ON task.job_id = job.id JOIN public.marketplace_action_types a ON a.id = job.action_type_id

-- EXPIRE
WITH due AS MATERIALIZED (
  SELECT j.id, j.status, j.product_id, j.marketplace FROM {s}.marketplace_jobs j
  WHERE j.id = ANY(%(jobs)s::int[])
    AND NOT EXISTS (SELECT FROM {s}.marketplace_tasks t WHERE t.job_id = j.id AND t.status = 'running')
), job AS (
  UPDATE {s}.marketplace_jobs j SET status = 'expired', completed_at = clock_timestamp(), waiting = NULL,
    error_message = 'It was not done before its time ran out.', error_kind = 'expired'
  FROM due WHERE j.id = due.id RETURNING j.id, due.status AS before, j.error_message, j.action_type_id, j.request_id
), skipped AS (
  UPDATE {s}.marketplace_tasks t SET status = 'skipped', completed_at = clock_timestamp(), not_before = NULL
  FROM job WHERE t.job_id = job.id AND t.status = 'pending' RETURNING t.job_id, t.name, t.claims
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt)
  SELECT job_id, name, 'pending', 'skipped', 'expired', claims FROM skipped
  UNION ALL SELECT id, NULL, before, 'expired', 'expired', 0 FROM job
)
SELECT due.id, product_id, due.marketplace, a.code AS action, job.error_message AS reason,
  coalesce(job.request_id, 'none') AS request_id
FROM due JOIN job ON job.id = due.id JOIN public.marketplace_action_types a ON a.id = job.action_type_id

-- LOCK_EXPIRING
SELECT j.id FROM {s}.marketplace_jobs j
WHERE j.status IN ('pending', 'running') AND j.expires_at <= clock_timestamp() AND NOT j.acted
ORDER BY j.id LIMIT %(limit)s FOR UPDATE OF j SKIP LOCKED
