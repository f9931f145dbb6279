-- LEFT
SELECT EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.status IN ('pending', 'running'))
  OR EXISTS (SELECT FROM {s}.strays) AS is_left

-- ONE
SELECT j.id, j.marketplace, public.action_code(j.action_type_id) AS action, j.priority, j.status, j.waiting,
  j.acted, j.traceparent, j.product_id AS product, j.folded IS NOT NULL AS folded,
  j.cancel_requested,
  task.id AS task, task.claims, task.paced, task.status AS task_status,
  task.claimed, task.verifying, task.due_in_s, task.deadline_in_s,
  extract(epoch FROM j.not_before - clock_timestamp())::float8 AS not_before_in_s,
  extract(epoch FROM CASE
    WHEN j.status = 'pending' THEN (SELECT max(late.late_until) FROM {s}.marketplace_jobs late
      WHERE late.marketplace = j.marketplace AND late.product_id = j.product_id AND late.id < j.id
        AND late.late_until > clock_timestamp())
    WHEN task.outside = 'unsafe' AND NOT task.verifying THEN j.late_until END - clock_timestamp())::float8 AS late_in_s,
  public.pace_in_s(%(tenant)s, j.marketplace, public.action_code(j.action_type_id)) AS pace_in_s,
  EXISTS (
    SELECT FROM {s}.marketplace_jobs later
    WHERE later.marketplace = j.marketplace AND later.product_id = j.product_id AND later.id > j.id
      AND later.status IN ('pending', 'running')) AS followed, j.status = 'pending' AND EXISTS (SELECT  FROM {s}.marketplace_jobs ahead
      WHERE ahead.marketplace = j.marketplace AND ahead.product_id = j.product_id AND ahead.id < j.id
        AND ahead.status IN ('pending', 'running')) AS behind
FROM {s}.marketplace_jobs j 
  LEFT JOIN LATERAL (
    SELECT f.id, f.claims, f.status, f.paced, f.outside, f.claimed, false AS verifying, NULL::float8 AS due_in_s,
           f.deadline_in_s
    FROM public.folded_next(j.folded, j.task_ids, j.claimed_by, j.deadline) AS f WHERE j.folded IS NOT NULL
    UNION ALL
    (SELECT t.id, t.claims, t.status, outside.paced, outside.kind AS outside,
           t.claimed_by IS NOT NULL AS claimed,
           t.look_at IS NOT NULL AS verifying,
           extract(epoch FROM coalesce(t.look_at, t.not_before) - clock_timestamp())::float8 AS due_in_s,
           extract(epoch FROM t.deadline - clock_timestamp())::float8 AS deadline_in_s
    FROM {s}.marketplace_tasks t LEFT JOIN LATERAL (
      SELECT o.paced, o.kind FROM {s}.marketplace_tasks o
      WHERE o.job_id = j.id AND o.status NOT IN ('completed', 'skipped') AND o.kind <> 'inner'
      ORDER BY o.position LIMIT 1) AS outside ON true
    WHERE j.folded IS NULL AND t.job_id = j.id AND t.status NOT IN ('completed', 'skipped') ORDER BY t.position LIMIT 1)
  ) AS task ON true

WHERE j.id = ANY(%(jobs)s::int[])

-- PAGE
WITH chosen AS (
  (SELECT j.id FROM {s}.marketplace_jobs j
   WHERE j.status = 'running' AND j.marketplace = ANY(%(marketplaces)s::text[]) AND j.id <> ALL(%(held)s::int[])
   ORDER BY j.priority, j.id LIMIT %(limit)s)
  UNION ALL
  SELECT pending.id FROM unnest(%(marketplaces)s::text[]) AS m(marketplace) CROSS JOIN LATERAL (
    SELECT j.id FROM {s}.marketplace_jobs j
    WHERE j.status = 'pending' AND j.marketplace = m.marketplace AND j.id <> ALL(%(held)s::int[])
      AND (j.not_before IS NULL OR j.not_before <= clock_timestamp() + interval '1 minute') AND NOT EXISTS (SELECT  FROM {s}.marketplace_jobs ahead
      WHERE ahead.marketplace = j.marketplace AND ahead.product_id = j.product_id AND ahead.id < j.id
        AND ahead.status IN ('pending', 'running'))
    ORDER BY j.priority, j.id LIMIT %(limit)s) AS pending
)
SELECT j.id, j.marketplace, public.action_code(j.action_type_id) AS action, j.priority, j.status, j.waiting,
  j.acted, j.traceparent, j.product_id AS product, j.folded IS NOT NULL AS folded,
  j.cancel_requested,
  task.id AS task, task.claims, task.paced, task.status AS task_status,
  task.claimed, task.verifying, task.due_in_s, task.deadline_in_s,
  extract(epoch FROM j.not_before - clock_timestamp())::float8 AS not_before_in_s,
  extract(epoch FROM CASE
    WHEN j.status = 'pending' THEN (SELECT max(late.late_until) FROM {s}.marketplace_jobs late
      WHERE late.marketplace = j.marketplace AND late.product_id = j.product_id AND late.id < j.id
        AND late.late_until > clock_timestamp())
    WHEN task.outside = 'unsafe' AND NOT task.verifying THEN j.late_until END - clock_timestamp())::float8 AS late_in_s,
  public.pace_in_s(%(tenant)s, j.marketplace, public.action_code(j.action_type_id)) AS pace_in_s,
  EXISTS (
    SELECT FROM {s}.marketplace_jobs later
    WHERE later.marketplace = j.marketplace AND later.product_id = j.product_id AND later.id > j.id
      AND later.status IN ('pending', 'running')) AS followed FROM chosen JOIN {s}.marketplace_jobs j ON j.id = chosen.id 
  LEFT JOIN LATERAL (
    SELECT f.id, f.claims, f.status, f.paced, f.outside, f.claimed, false AS verifying, NULL::float8 AS due_in_s,
           f.deadline_in_s
    FROM public.folded_next(j.folded, j.task_ids, j.claimed_by, j.deadline) AS f WHERE j.folded IS NOT NULL
    UNION ALL
    (SELECT t.id, t.claims, t.status, outside.paced, outside.kind AS outside,
           t.claimed_by IS NOT NULL AS claimed,
           t.look_at IS NOT NULL AS verifying,
           extract(epoch FROM coalesce(t.look_at, t.not_before) - clock_timestamp())::float8 AS due_in_s,
           extract(epoch FROM t.deadline - clock_timestamp())::float8 AS deadline_in_s
    FROM {s}.marketplace_tasks t LEFT JOIN LATERAL (
      SELECT o.paced, o.kind FROM {s}.marketplace_tasks o
      WHERE o.job_id = j.id AND o.status NOT IN ('completed', 'skipped') AND o.kind <> 'inner'
      ORDER BY o.position LIMIT 1) AS outside ON true
    WHERE j.folded IS NULL AND t.job_id = j.id AND t.status NOT IN ('completed', 'skipped') ORDER BY t.position LIMIT 1)
  ) AS task ON true

ORDER BY j.priority, j.id

-- STANDING
SELECT
  (SELECT jsonb_object_agg(marketplace, coalesce(reason, ''))
    FROM {s}.connections WHERE state <> 'connected') AS halted,
  (SELECT jsonb_object_agg(marketplace, extract(epoch FROM resume_at - clock_timestamp()))
    FROM {s}.connections WHERE resume_at > clock_timestamp()) AS resting,
  NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active) AS suspended, EXISTS (
    SELECT FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
    WHERE v.tenant = %(tenant)s AND v.connected AND NOT p.dead AND p.expires_at > clock_timestamp()) AS connected, (SELECT jsonb_agg(n.marketplace || ' ' || n.version) FROM {s}.plugin_terms n) AS accepted, (SELECT v.acts_until FROM public.plugin_presence v WHERE v.tenant = %(tenant)s) AS acts_until,
  (SELECT jsonb_agg(t) FROM unnest(%(marketplaces)s::text[]) AS m(marketplace) CROSS JOIN LATERAL (
    SELECT id, job_id, marketplace, claims, extract(epoch FROM look_after - clock_timestamp())::float8 AS due_in_s
    FROM {s}.strays
    WHERE strays.marketplace = m.marketplace AND claimed_by IS NULL AND deadline IS NULL
    ORDER BY look_after LIMIT 20) AS t) AS strays,
  (SELECT extract(epoch FROM min(not_before) - clock_timestamp())::float8 FROM {s}.marketplace_jobs
    WHERE status = 'pending' AND not_before > clock_timestamp() + interval '1 minute') AS later_in_s,
  EXISTS (
    SELECT FROM public.marketplace_action_types a WHERE a.marketplace <> ALL(%(marketplaces)s::text[]) AND (
      EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.marketplace = a.marketplace AND j.status = 'pending')
      OR EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.marketplace = a.marketplace AND j.status = 'running')
      OR EXISTS (SELECT FROM {s}.strays r WHERE r.marketplace = a.marketplace))) AS elsewhere
