-- LINE
SELECT clock_timestamp() AS now, CASE WHEN j.status = 'pending' THEN (SELECT count(*) FROM (SELECT FROM {s}.marketplace_jobs e
      WHERE e.status = 'pending' AND e.marketplace = j.marketplace AND (e.priority, e.id) < (j.priority, j.id) LIMIT %(counted)s) AS c) ELSE 0 END AS before,
  CASE WHEN j.status = 'pending' THEN (
    SELECT jsonb_object_agg(code, jobs) FROM (
      SELECT a.code, count(*) FILTER (WHERE is_due) AS jobs FROM (
        SELECT e.action_type_id, e.not_before IS NULL OR e.not_before <= clock_timestamp() AS is_due FROM {s}.marketplace_jobs e
      WHERE e.status = 'pending' AND e.marketplace = j.marketplace AND (e.priority, e.id) < (j.priority, j.id)
        ORDER BY e.priority, e.id LIMIT %(mixed)s) AS f
      JOIN public.marketplace_action_types a ON a.id = f.action_type_id GROUP BY a.code) AS m) END AS mix, (
    SELECT jsonb_agg(jsonb_build_object('action', a.code, 'product', p.product_id, 'created_at', p.created_at,
      'not_before', p.not_before, 'started_at', p.started_at, 'ended_at', p.completed_at,
      'failed', p.status = 'failed') ORDER BY p.started_at DESC) FROM (
      SELECT * FROM {s}.marketplace_jobs r
      WHERE r.status = 'running' AND r.marketplace = j.marketplace ORDER BY r.priority, r.id LIMIT %(begun)s) AS p
    JOIN public.marketplace_action_types a ON a.id = p.action_type_id
    WHERE p.started_at IS NOT NULL) AS begun, (
    SELECT jsonb_agg(jsonb_build_object('action', a.code, 'product', p.product_id, 'created_at', p.created_at,
      'not_before', p.not_before, 'started_at', p.started_at, 'ended_at', p.completed_at,
      'failed', p.status = 'failed') ORDER BY p.completed_at DESC) FROM (
      SELECT * FROM {s}.marketplace_jobs l
      WHERE l.completed_at IS NOT NULL ORDER BY l.completed_at DESC LIMIT %(lately)s) AS p
    JOIN public.marketplace_action_types a ON a.id = p.action_type_id
    WHERE p.marketplace = j.marketplace AND p.status IN ('completed', 'failed') AND p.started_at IS NOT NULL) AS lately,
  (SELECT count(*) FROM {s}.marketplace_jobs ahead
      WHERE ahead.marketplace = j.marketplace AND ahead.product_id = j.product_id AND ahead.id < j.id
        AND ahead.status IN ('pending', 'running')) AS chain,
  CASE WHEN j.status IN ('pending', 'running') THEN (
    SELECT jsonb_agg(jsonb_build_object(
        'seconds', extract(epoch FROM p.completed_at - w.from_at - coalesce(w.paused, '0')),
        'after_pace_s', extract(epoch FROM p.completed_at - w.paced_at), 'was_retried', w.was_retried)
      ORDER BY p.completed_at DESC) FROM (
      SELECT * FROM (
        SELECT l.id, l.created_at, l.completed_at, l.marketplace, l.action_type_id, l.status, l.folded, l.task_ids,
          l.claimed_by, l.deadline FROM {s}.marketplace_jobs l
        WHERE l.completed_at IS NOT NULL ORDER BY l.completed_at DESC LIMIT %(lately)s) AS q
      WHERE q.marketplace = j.marketplace AND q.action_type_id = j.action_type_id AND q.status = 'completed'
      ORDER BY q.completed_at DESC LIMIT %(rests)s) AS p
    CROSS JOIN LATERAL (
      SELECT min(k.started_at) FILTER (WHERE k.position = t.position) AS from_at, bool_or(k.tries > 1) AS was_retried,
        min(k.started_at) FILTER (WHERE k.paced) AS paced_at,
        (array_agg(k.started_at - k.before_at ORDER BY k.position) FILTER (WHERE k.paced))[1] AS paused
      FROM (
        SELECT o.position, o.started_at, o.paced, o.claims - o.polls AS tries,
          lag(o.completed_at) OVER (ORDER BY o.position) AS before_at
        FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = p.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        p.created_at, started_at, completed_at
      FROM public.folded_tasks(p.folded, p.task_ids, p.claimed_by, p.deadline)) AS o WHERE o.position >= t.position) AS k) AS w
    WHERE w.from_at IS NOT NULL) END AS rests, (
    SELECT greatest(0, coalesce(max(extract(epoch FROM p.next_at - clock_timestamp())), 0))::float8
    FROM public.marketplace_action_types a
    LEFT JOIN public.pace p ON p.tenant = %(tenant)s AND p.marketplace = j.marketplace AND p.action = a.code
    WHERE a.id = j.action_type_id
    HAVING EXISTS (SELECT FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = j.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        j.created_at, started_at, completed_at
      FROM public.folded_tasks(j.folded, j.task_ids, j.claimed_by, j.deadline)) AS o WHERE o.paced AND o.status = 'pending')) AS paced_in_s,
  CASE WHEN j.status IN ('pending', 'running') THEN (
    SELECT count(*) FROM (
      SELECT * FROM {s}.marketplace_jobs r
      WHERE r.status = 'running' AND r.marketplace = j.marketplace ORDER BY r.priority, r.id LIMIT %(begun)s) AS r
    WHERE r.action_type_id = j.action_type_id
      AND (j.status = 'pending' OR (r.priority, r.id) < (j.priority, j.id))
      AND EXISTS (SELECT FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = r.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        r.created_at, started_at, completed_at
      FROM public.folded_tasks(r.folded, r.task_ids, r.claimed_by, r.deadline)) AS o WHERE o.paced AND o.status = 'pending')) ELSE 0 END AS paced_before,
  CASE WHEN t.status = 'running' THEN t.started_at END AS task_began_at,
  CASE WHEN t.status = 'pending' AND t.error_kind = 'away' THEN t.claims - t.polls END AS away_tries
FROM {s}.marketplace_jobs j
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
      FROM public.folded_tasks(j.folded, j.task_ids, j.claimed_by, j.deadline)) AS o WHERE status NOT IN ('completed', 'skipped') ORDER BY position LIMIT 1) AS t ON true
WHERE j.id = %(job)s
