-- WAITING
WITH m AS (SELECT unnest(%(marketplaces)s::text[]) AS name), chosen AS (
  SELECT c.id FROM m CROSS JOIN LATERAL (
    SELECT j.id FROM {s}.marketplace_jobs j WHERE j.status = 'pending' AND j.marketplace = m.name
    ORDER BY j.priority, j.id LIMIT %(judged)s) AS c
  UNION ALL
  (SELECT j.id FROM {s}.marketplace_jobs j WHERE j.status = 'running' ORDER BY j.priority, j.id LIMIT %(judged)s)
), judged AS (
  SELECT j.marketplace, CASE
      WHEN (t.status = 'running'
      AND (t.claimed_by IS NOT NULL OR t.look_at IS NULL OR t.deadline IS NOT NULL)) THEN 'under_way'
      WHEN j.status = 'pending' AND EXISTS (SELECT  FROM {s}.marketplace_jobs ahead
      WHERE ahead.marketplace = j.marketplace AND ahead.product_id = j.product_id AND ahead.id < j.id
        AND ahead.status IN ('pending', 'running')) THEN 'order'
      WHEN j.status = 'pending' AND j.not_before > clock_timestamp() THEN 'not_before'
      WHEN t.look_at IS NOT NULL THEN 'verifying'
      WHEN j.status = 'pending' AND EXISTS (SELECT  FROM {s}.marketplace_jobs late
      WHERE late.marketplace = j.marketplace AND late.product_id = j.product_id AND late.id < j.id
        AND late.late_until > clock_timestamp()) THEN 'late_copy'
      WHEN t.not_before > clock_timestamp() THEN 'retry'
      WHEN p.next_at > clock_timestamp() AND coalesce((
      SELECT o.paced FROM (
      SELECT id, name, position, kind, paced, status, claims, polls, failures, deaths, looks, absences, claimed_by,
        deadline, not_before, look_at, marker, input_digest, output, quiet_s, error, error_kind, error_fields,
        created_at, started_at, completed_at
      FROM {s}.marketplace_tasks WHERE job_id = j.id
      UNION ALL
      SELECT id, name, position, kind, paced, status, claims, 0, 0, 0, 0, 0, claimed_by,
        deadline, NULL, NULL, marker, input_digest, output, quiet_s, NULL, NULL, NULL,
        j.created_at, started_at, completed_at
      FROM public.folded_tasks(j.folded, j.task_ids, j.claimed_by, j.deadline)) AS o
      WHERE o.status NOT IN ('completed', 'skipped') AND o.kind <> 'inner' ORDER BY o.position LIMIT 1), false) THEN 'pace' ELSE 'next' END AS kind,
    j.created_at,
    CASE WHEN j.status = 'pending' THEN j.not_before END AS later, t.look_at, t.not_before AS retry_at, p.next_at
  FROM chosen JOIN {s}.marketplace_jobs j ON j.id = chosen.id
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id
  LEFT JOIN public.pace p ON p.tenant = %(tenant)s AND p.marketplace = j.marketplace AND p.action = a.code
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
), kinds AS (
  SELECT marketplace, kind, count(*) AS jobs, min(created_at) AS oldest, min(CASE kind WHEN 'not_before' THEN later
    WHEN 'verifying' THEN look_at WHEN 'retry' THEN retry_at WHEN 'pace' THEN next_at END) AS until
  FROM judged GROUP BY marketplace, kind
)
SELECT m.name AS marketplace, (
    SELECT count(*) FROM (
      SELECT FROM {s}.marketplace_jobs q WHERE q.status = 'pending' AND q.marketplace = m.name
      LIMIT %(counted)s) AS counted) AS pending, (
    SELECT min(first.created_at) FROM generate_series(1, 4) AS priority CROSS JOIN LATERAL (
      SELECT o.created_at FROM {s}.marketplace_jobs o
      WHERE o.status = 'pending' AND o.marketplace = m.name AND o.priority = priority
      ORDER BY o.id LIMIT 1) AS first) AS oldest,
  (SELECT jsonb_object_agg(kind, jsonb_build_object(
     'jobs', jobs, 'oldest', extract(epoch FROM oldest), 'until', extract(epoch FROM until)))
   FROM kinds WHERE kinds.marketplace = m.name) AS kinds
FROM m WHERE EXISTS (
  SELECT FROM {s}.marketplace_jobs j WHERE j.marketplace = m.name AND j.status IN ('pending', 'running'))
