-- ONE
SELECT j.id, j.marketplace, a.code AS action, j.status, j.product_id, j.priority, j.created_at, j.started_at,
       j.completed_at, j.not_before, j.expires_at, j.result_data, j.error_message, j.error_kind, j.error_fields,
       j.cancel_requested, j.batch_job_id, j.request_id,
       CASE WHEN j.status NOT IN ('pending', 'running') THEN NULL ELSE jsonb_build_object(
         'now', clock_timestamp(), 'suspended', NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active),
         'halted', CASE WHEN c.marketplace IS NOT NULL THEN coalesce(c.reason, j.waiting, '') END,
         'lock', CASE WHEN c.state <> 'connected' AND c.lock ->> 'reason' = c.reason THEN c.lock END,
         'resume_at', (SELECT r.resume_at FROM {s}.connections r WHERE r.marketplace = j.marketplace),
         'plugin_connected', EXISTS (
    SELECT FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
    WHERE v.tenant = %(tenant)s AND v.connected AND NOT p.dead AND p.expires_at > clock_timestamp()), 'plugin_since', v.since,
         'accepted', (SELECT jsonb_agg(n.marketplace || ' ' || n.version) FROM {s}.plugin_terms n), 'acts_until', v.acts_until,
         'refusal', (
  SELECT jsonb_build_object('channel', a.channel, 'detail', a.detail, 'since', a.since, 'due_in_s',
    extract(epoch FROM a.next_try - clock_timestamp()))
  FROM public.application_refusals a WHERE a.marketplace = j.marketplace AND a.ended_at IS NULL),
         'unknown', (
    SELECT jsonb_build_object('task', u.task, 'by_some', EXISTS (
    SELECT FROM public.processes w
    WHERE w.kind = 'worker' AND w.id <> 0 AND NOT w.dead AND w.expires_at > clock_timestamp()
      AND (w.serves IS NULL OR u.marketplace = ANY(w.serves))
      AND NOT EXISTS (
        SELECT FROM public.unknown_tasks k
        WHERE k.process = w.id
          AND (k.marketplace, k.action, k.task) = (u.marketplace, u.action, u.task))))
    FROM public.unknown_tasks u JOIN public.processes p ON p.id = u.process
    WHERE NOT p.dead AND p.expires_at > clock_timestamp() AND u.marketplace = j.marketplace AND u.action = a.code
      AND EXISTS (
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
        WHERE k.status NOT IN ('completed', 'skipped') AND split_part(k.name, ':', 1) = u.task)
    ORDER BY u.since LIMIT 1), 'served', (
    SELECT bool_or(w.serves IS NULL OR j.marketplace = ANY(w.serves)) FROM public.processes w
    WHERE w.kind = 'worker' AND NOT w.dead AND w.expires_at > clock_timestamp()), 'decided', (
    SELECT o.serves IS NULL OR j.marketplace = ANY(o.serves)
    FROM public.tenant_work tw JOIN public.processes o ON o.id = tw.owner
    WHERE tw.tenant = %(tenant)s AND NOT o.dead AND o.expires_at > clock_timestamp()), 'orchestrators', (
    SELECT count(*) FROM public.processes o
    WHERE o.kind = 'orchestrator' AND NOT o.dead AND o.expires_at > clock_timestamp()),
         'under_way', (t.status = 'running'
      AND (t.claimed_by IS NOT NULL OR t.look_at IS NULL OR t.deadline IS NOT NULL)), 'in_flight', (
    SELECT count(*) FROM {s}.marketplace_jobs g CROSS JOIN LATERAL (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = g.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        g.created_at, started_at, completed_at
      FROM public.folded_tasks(g.folded, g.task_ids, g.claimed_by, g.deadline)) AS f
    WHERE g.marketplace = j.marketplace AND g.status = 'running' AND (f.status = 'running'
      AND (f.claimed_by IS NOT NULL OR f.look_at IS NULL OR f.deadline IS NOT NULL))), 'pace_until', (
    SELECT p.next_at FROM public.pace p
    WHERE p.tenant = %(tenant)s AND p.marketplace = j.marketplace AND p.action = a.code AND (
      SELECT o.paced AND o.status = 'pending' FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = j.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        j.created_at, started_at, completed_at
      FROM public.folded_tasks(j.folded, j.task_ids, j.claimed_by, j.deadline)) AS o
      WHERE o.status NOT IN ('completed', 'skipped') AND o.kind <> 'inner'
      ORDER BY o.position LIMIT 1)),
         'late_until', CASE WHEN j.status = 'pending' THEN (SELECT max(late.late_until) FROM {s}.marketplace_jobs late
      WHERE late.marketplace = j.marketplace AND late.product_id = j.product_id AND late.id < j.id
        AND late.late_until > clock_timestamp())
           WHEN j.late_until > clock_timestamp() AND t.kind <> 'repeatable' THEN j.late_until END,
         'look_at', t.look_at,
         'accepted_until', CASE WHEN t.look_at IS NOT NULL THEN t.output ->> 'until' END,
         'retry_at', t.not_before, 'error', t.error, 'status', t.status)
         || (SELECT jsonb_build_object('behind', min(ahead.id), 'put_off',
         jsonb_agg(jsonb_build_object('job', ahead.id, 'until', ahead.not_before)
           ORDER BY ahead.not_before DESC, ahead.id)
         FILTER (WHERE ahead.status = 'pending' AND ahead.not_before > clock_timestamp()) -> 0) FROM {s}.marketplace_jobs ahead
      WHERE ahead.marketplace = j.marketplace AND ahead.product_id = j.product_id AND ahead.id < j.id
        AND ahead.status IN ('pending', 'running')) END AS facts,
       (SELECT jsonb_agg(k ORDER BY k.position) FROM (
          SELECT id, name, position, status, claims - polls AS attempt, failures, look_at IS NOT NULL AS verifying,
                 CASE WHEN status = 'completed' THEN output END AS output, error,
                 error_fields, not_before, created_at, started_at, completed_at
          FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = j.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        j.created_at, started_at, completed_at
      FROM public.folded_tasks(j.folded, j.task_ids, j.claimed_by, j.deadline)) AS o WHERE %(tasks)s) AS k) AS tasks
FROM {s}.marketplace_jobs j
JOIN public.marketplace_action_types a ON a.id = j.action_type_id
LEFT JOIN {s}.connections c ON c.marketplace = j.marketplace AND c.state <> 'connected'
LEFT JOIN public.plugin_presence v ON v.tenant = %(tenant)s
LEFT JOIN LATERAL (
  SELECT * FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = j.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        j.created_at, started_at, completed_at
      FROM public.folded_tasks(j.folded, j.task_ids, j.claimed_by, j.deadline)) AS o WHERE status NOT IN ('completed', 'skipped')
  ORDER BY position LIMIT 1) AS t ON j.status IN ('pending', 'running')
WHERE j.id = %(job)s

-- PAGE
SELECT j.id, j.marketplace, a.code AS action, j.status, j.product_id, j.priority, j.created_at, j.started_at,
       j.completed_at, j.not_before, j.expires_at, j.result_data, j.error_message, j.error_kind, j.error_fields,
       j.cancel_requested, j.batch_job_id, j.request_id,
       CASE WHEN j.status NOT IN ('pending', 'running') THEN NULL ELSE jsonb_build_object(
         'now', clock_timestamp(), 'suspended', NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active),
         'halted', CASE WHEN c.marketplace IS NOT NULL THEN coalesce(c.reason, j.waiting, '') END,
         'lock', CASE WHEN c.state <> 'connected' AND c.lock ->> 'reason' = c.reason THEN c.lock END,
         'resume_at', (SELECT r.resume_at FROM {s}.connections r WHERE r.marketplace = j.marketplace),
         'plugin_connected', EXISTS (
    SELECT FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
    WHERE v.tenant = %(tenant)s AND v.connected AND NOT p.dead AND p.expires_at > clock_timestamp()), 'plugin_since', v.since,
         'accepted', (SELECT jsonb_agg(n.marketplace || ' ' || n.version) FROM {s}.plugin_terms n), 'acts_until', v.acts_until,
         'refusal', (
  SELECT jsonb_build_object('channel', a.channel, 'detail', a.detail, 'since', a.since, 'due_in_s',
    extract(epoch FROM a.next_try - clock_timestamp()))
  FROM public.application_refusals a WHERE a.marketplace = j.marketplace AND a.ended_at IS NULL),
         'unknown', (
    SELECT jsonb_build_object('task', u.task, 'by_some', EXISTS (
    SELECT FROM public.processes w
    WHERE w.kind = 'worker' AND w.id <> 0 AND NOT w.dead AND w.expires_at > clock_timestamp()
      AND (w.serves IS NULL OR u.marketplace = ANY(w.serves))
      AND NOT EXISTS (
        SELECT FROM public.unknown_tasks k
        WHERE k.process = w.id
          AND (k.marketplace, k.action, k.task) = (u.marketplace, u.action, u.task))))
    FROM public.unknown_tasks u JOIN public.processes p ON p.id = u.process
    WHERE NOT p.dead AND p.expires_at > clock_timestamp() AND u.marketplace = j.marketplace AND u.action = a.code
      AND EXISTS (
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
        WHERE k.status NOT IN ('completed', 'skipped') AND split_part(k.name, ':', 1) = u.task)
    ORDER BY u.since LIMIT 1), 'served', (
    SELECT bool_or(w.serves IS NULL OR j.marketplace = ANY(w.serves)) FROM public.processes w
    WHERE w.kind = 'worker' AND NOT w.dead AND w.expires_at > clock_timestamp()), 'decided', (
    SELECT o.serves IS NULL OR j.marketplace = ANY(o.serves)
    FROM public.tenant_work tw JOIN public.processes o ON o.id = tw.owner
    WHERE tw.tenant = %(tenant)s AND NOT o.dead AND o.expires_at > clock_timestamp()), 'orchestrators', (
    SELECT count(*) FROM public.processes o
    WHERE o.kind = 'orchestrator' AND NOT o.dead AND o.expires_at > clock_timestamp()),
         'under_way', (t.status = 'running'
      AND (t.claimed_by IS NOT NULL OR t.look_at IS NULL OR t.deadline IS NOT NULL)), 'in_flight', (
    SELECT count(*) FROM {s}.marketplace_jobs g CROSS JOIN LATERAL (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = g.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        g.created_at, started_at, completed_at
      FROM public.folded_tasks(g.folded, g.task_ids, g.claimed_by, g.deadline)) AS f
    WHERE g.marketplace = j.marketplace AND g.status = 'running' AND (f.status = 'running'
      AND (f.claimed_by IS NOT NULL OR f.look_at IS NULL OR f.deadline IS NOT NULL))), 'pace_until', (
    SELECT p.next_at FROM public.pace p
    WHERE p.tenant = %(tenant)s AND p.marketplace = j.marketplace AND p.action = a.code AND (
      SELECT o.paced AND o.status = 'pending' FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = j.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        j.created_at, started_at, completed_at
      FROM public.folded_tasks(j.folded, j.task_ids, j.claimed_by, j.deadline)) AS o
      WHERE o.status NOT IN ('completed', 'skipped') AND o.kind <> 'inner'
      ORDER BY o.position LIMIT 1)),
         'late_until', CASE WHEN j.status = 'pending' THEN (SELECT max(late.late_until) FROM {s}.marketplace_jobs late
      WHERE late.marketplace = j.marketplace AND late.product_id = j.product_id AND late.id < j.id
        AND late.late_until > clock_timestamp())
           WHEN j.late_until > clock_timestamp() AND t.kind <> 'repeatable' THEN j.late_until END,
         'look_at', t.look_at,
         'accepted_until', CASE WHEN t.look_at IS NOT NULL THEN t.output ->> 'until' END,
         'retry_at', t.not_before, 'error', t.error, 'status', t.status)
         || (SELECT jsonb_build_object('behind', min(ahead.id), 'put_off',
         jsonb_agg(jsonb_build_object('job', ahead.id, 'until', ahead.not_before)
           ORDER BY ahead.not_before DESC, ahead.id)
         FILTER (WHERE ahead.status = 'pending' AND ahead.not_before > clock_timestamp()) -> 0) FROM {s}.marketplace_jobs ahead
      WHERE ahead.marketplace = j.marketplace AND ahead.product_id = j.product_id AND ahead.id < j.id
        AND ahead.status IN ('pending', 'running')) END AS facts,
       (SELECT jsonb_agg(k ORDER BY k.position) FROM (
          SELECT id, name, position, status, claims - polls AS attempt, failures, look_at IS NOT NULL AS verifying,
                 CASE WHEN status = 'completed' THEN output END AS output, error,
                 error_fields, not_before, created_at, started_at, completed_at
          FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = j.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        j.created_at, started_at, completed_at
      FROM public.folded_tasks(j.folded, j.task_ids, j.claimed_by, j.deadline)) AS o WHERE %(tasks)s) AS k) AS tasks
FROM {s}.marketplace_jobs j
JOIN public.marketplace_action_types a ON a.id = j.action_type_id
LEFT JOIN {s}.connections c ON c.marketplace = j.marketplace AND c.state <> 'connected'
LEFT JOIN public.plugin_presence v ON v.tenant = %(tenant)s
LEFT JOIN LATERAL (
  SELECT * FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = j.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        j.created_at, started_at, completed_at
      FROM public.folded_tasks(j.folded, j.task_ids, j.claimed_by, j.deadline)) AS o WHERE status NOT IN ('completed', 'skipped')
  ORDER BY position LIMIT 1) AS t ON j.status IN ('pending', 'running')

WHERE (%(marketplace)s::text IS NULL OR j.marketplace = %(marketplace)s)
  AND (%(statuses)s::text[] IS NULL OR j.status = ANY(%(statuses)s))
  AND (%(actions)s::text[] IS NULL OR a.code = ANY(%(actions)s))
  AND (%(error_kind)s::text IS NULL OR coalesce(j.error_kind, 'unknown') = %(error_kind)s)
  AND (%(error_code)s::text IS NULL OR public.error_code(j.error_fields) = %(error_code)s)
  AND (%(product_id)s::int IS NULL OR j.product_id = %(product_id)s)
  AND (%(batch_id)s::int IS NULL OR j.batch_job_id = %(batch_id)s)
  AND (%(created_after)s::timestamptz IS NULL OR j.created_at > %(created_after)s)
  AND (%(created_before)s::timestamptz IS NULL OR j.created_at < %(created_before)s)
  AND (%(before)s::int IS NULL OR j.id < %(before)s) AND (%(ids)s::int[] IS NULL OR j.id = ANY(%(ids)s))
ORDER BY j.id DESC LIMIT %(limit)s

-- TIMELINE
SELECT l.id, max(at) OVER (ORDER BY l.id) AS at, task, from_status, to_status, cause, detail,
  CASE WHEN attempt > 0 THEN dense_rank() OVER (PARTITION BY task, attempt > 0 ORDER BY attempt) ELSE 0 END AS attempt
FROM {s}.marketplace_jobs j CROSS JOIN LATERAL (
      SELECT id, task, at, from_status, to_status, cause, attempt, detail
      FROM {s}.job_timeline WHERE job_id = j.id
      UNION ALL
      SELECT * FROM public.folded_lines(j.folded, j.status::text, j.created_at, j.started_at,
        j.completed_at)) AS l WHERE j.id = %(job)s ORDER BY l.id
