-- KEEP_DAYS
INSERT INTO {s}.marketplace_job_stats
  (marketplace, action_type_id, date, total_jobs, success_count, failure_count, avg_duration_ms)
SELECT j.marketplace, j.action_type_id, (j.completed_at AT TIME ZONE 'UTC')::date, count(*),
  count(*) FILTER (WHERE j.status = 'completed'), count(*) FILTER (WHERE j.status IN ('failed', 'expired')),
  round(avg(extract(epoch FROM j.completed_at - j.started_at) * 1000) FILTER (WHERE j.status = 'completed'))
FROM {s}.marketplace_jobs j
WHERE j.completed_at >= coalesce((SELECT (max(k.date) + 1)::timestamp AT TIME ZONE 'UTC'
    FROM {s}.marketplace_job_stats k), '-infinity')
  AND j.completed_at < date_trunc('day', clock_timestamp(), 'UTC') AND j.action_type_id IS NOT NULL
GROUP BY 1, 2, 3
ON CONFLICT (marketplace, action_type_id, date) DO NOTHING
