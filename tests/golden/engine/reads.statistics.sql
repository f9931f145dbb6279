-- ENDED
SELECT g.marketplace, coalesce(a.code, 'unknown') AS action, g.status, g.kind, g.jobs, g.p50_ms, g.p95_ms
FROM (
  SELECT j.marketplace, j.action_type_id, j.status, CASE WHEN j.status = 'failed' THEN j.error_kind END AS kind,
    count(*) AS jobs,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM j.completed_at - j.started_at) * 1000)
      FILTER (WHERE j.status = 'completed') AS p50_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM j.completed_at - j.started_at) * 1000)
      FILTER (WHERE j.status = 'completed') AS p95_ms
  FROM {s}.marketplace_jobs j
  WHERE j.completed_at >= %(since)s::timestamptz AND j.completed_at < %(until)s::timestamptz
    AND (%(marketplace)s::text IS NULL OR j.marketplace = %(marketplace)s)
  GROUP BY 1, 2, 3, 4
) AS g LEFT JOIN public.marketplace_action_types a ON a.id = g.action_type_id

-- KEPT
SELECT k.marketplace, coalesce(a.code, 'unknown') AS action, sum(k.total_jobs)::bigint AS total,
  sum(k.success_count)::bigint AS completed, sum(k.failure_count)::bigint AS failed
FROM {s}.marketplace_job_stats k LEFT JOIN public.marketplace_action_types a ON a.id = k.action_type_id
WHERE k.date >= (%(since)s::timestamptz AT TIME ZONE 'UTC')::date
  AND k.date < (%(until)s::timestamptz AT TIME ZONE 'UTC')::date
  AND NOT EXISTS (SELECT FROM {s}.marketplace_jobs j
    WHERE j.completed_at >= k.date::timestamp AT TIME ZONE 'UTC'
      AND j.completed_at < (k.date + 1)::timestamp AT TIME ZONE 'UTC'
      AND j.marketplace = k.marketplace AND j.action_type_id = k.action_type_id)
  AND (%(marketplace)s::text IS NULL OR k.marketplace = %(marketplace)s)
GROUP BY 1, 2
