-- ERRORS
WITH of_tenant AS (
  SELECT i.action, i.kind, i.code, i.tenant, count(*) FILTER (WHERE i.status = 'failed') AS failed, count(*) AS jobs,
    min(i.failed_at) AS first_seen, max(i.failed_at) AS last_seen,
    max(i.failed_at) FILTER (WHERE i.failed_at < now.lately) AS before,
    min(i.failed_at) FILTER (WHERE i.failed_at >= now.lately) AS again
  FROM (SELECT clock_timestamp() - %(lately_s)s::float8 * interval '1 second' AS lately) AS now
  CROSS JOIN public.job_index i
  WHERE i.failed_at IS NOT NULL AND (%(tenant)s::int IS NULL OR i.tenant = %(tenant)s)
  GROUP BY i.action, i.kind, i.code, i.tenant
), g AS (
  SELECT a.marketplace, t.kind, t.code, sum(t.failed)::int AS failed, sum(t.jobs)::int AS jobs,
    count(DISTINCT t.tenant) AS tenants, min(t.first_seen) AS first_seen, max(t.last_seen) AS last_seen,
    max(t.before) AS before, min(t.again) AS again
  FROM of_tenant t JOIN public.marketplace_action_types a ON a.id = t.action
  WHERE %(marketplace)s::text IS NULL OR a.marketplace = %(marketplace)s
  GROUP BY a.marketplace, t.kind, t.code ORDER BY failed DESC, last_seen DESC LIMIT %(limit)s
)
SELECT g.*, newest.tenant, newest.job FROM g
CROSS JOIN LATERAL (
  SELECT n.tenant, n.job FROM public.job_index n JOIN public.marketplace_action_types b ON b.id = n.action
  WHERE n.failed_at = g.last_seen AND n.kind = g.kind AND n.code IS NOT DISTINCT FROM g.code
    AND b.marketplace = g.marketplace AND (%(tenant)s::int IS NULL OR n.tenant = %(tenant)s)
  LIMIT 1) AS newest
ORDER BY g.failed DESC, g.last_seen DESC
