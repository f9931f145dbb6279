-- ERRORS
WITH oldest AS MATERIALIZED (
  SELECT coalesce((
    SELECT o.failed_at FROM public.job_index o
    WHERE o.failed_at IS NOT NULL AND (%(tenant)s::int IS NULL OR o.tenant = %(tenant)s)
    ORDER BY o.failed_at DESC OFFSET %(looked_at)s LIMIT 1), '-infinity') AS at
), of_action AS (
  SELECT i.action, i.kind, i.code, count(*) FILTER (WHERE i.status = 'failed') AS failed, count(*) AS jobs,
    min(i.failed_at) AS first_seen, max(i.failed_at) AS last_seen,
    max(i.failed_at) FILTER (WHERE i.failed_at < now.lately) AS before,
    min(i.failed_at) FILTER (WHERE i.failed_at >= now.lately) AS again
  FROM (SELECT clock_timestamp() - %(lately_s)s::float8 * interval '1 second' AS lately) AS now
  CROSS JOIN oldest CROSS JOIN public.job_index i
  WHERE i.failed_at IS NOT NULL AND i.failed_at > oldest.at AND (%(tenant)s::int IS NULL OR i.tenant = %(tenant)s) GROUP BY i.action, i.kind, i.code
), sellers AS (
  SELECT d.marketplace, d.kind, d.code, count(*) AS tenants FROM (
    SELECT DISTINCT a.marketplace, t.kind, t.code, t.tenant
    FROM (SELECT DISTINCT i.action, i.kind, i.code, i.tenant
          FROM oldest CROSS JOIN public.job_index i WHERE i.failed_at IS NOT NULL AND i.failed_at > oldest.at AND (%(tenant)s::int IS NULL OR i.tenant = %(tenant)s)) AS t
    JOIN public.marketplace_action_types a ON a.id = t.action) AS d
  GROUP BY d.marketplace, d.kind, d.code
), g AS (
  SELECT a.marketplace, t.kind, t.code, sum(t.failed)::int AS failed, sum(t.jobs)::int AS jobs,
    min(t.first_seen) AS first_seen, max(t.last_seen) AS last_seen, max(t.before) AS before, min(t.again) AS again
  FROM of_action t JOIN public.marketplace_action_types a ON a.id = t.action
  WHERE %(marketplace)s::text IS NULL OR a.marketplace = %(marketplace)s
  GROUP BY a.marketplace, t.kind, t.code ORDER BY failed DESC, last_seen DESC LIMIT %(limit)s
)
SELECT g.*, sellers.tenants, newest.tenant, newest.job FROM g
JOIN sellers ON sellers.marketplace = g.marketplace AND sellers.kind = g.kind
  AND sellers.code IS NOT DISTINCT FROM g.code
CROSS JOIN LATERAL (
  SELECT n.tenant, n.job FROM public.job_index n JOIN public.marketplace_action_types b ON b.id = n.action
  WHERE n.failed_at = g.last_seen AND n.kind = g.kind AND n.code IS NOT DISTINCT FROM g.code
    AND b.marketplace = g.marketplace AND (%(tenant)s::int IS NULL OR n.tenant = %(tenant)s)
  LIMIT 1) AS newest
ORDER BY g.failed DESC, g.last_seen DESC
