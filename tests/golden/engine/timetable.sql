-- ADVANCE
UPDATE public.timetable
SET next_at = next_at + %(every_s)s::float8 * interval '1 second'
  * greatest(1, ceil(extract(epoch FROM clock_timestamp() - next_at) / %(every_s)s::float8))
WHERE tenant = %(tenant)s AND marketplace = %(marketplace)s AND action = %(action)s

-- DUE
SELECT t.tenant, t.marketplace, t.action, t.next_at::text AS at
FROM public.timetable t
JOIN jsonb_to_recordset(%(periods)s) AS p(marketplace text, action text) USING (marketplace, action)
JOIN public.users u ON u.id = t.tenant AND u.is_active
WHERE t.next_at <= clock_timestamp()
ORDER BY t.next_at LIMIT %(limit)s FOR UPDATE OF t SKIP LOCKED

-- ONE_UNFINISHED
SELECT EXISTS (
  SELECT FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a ON a.id = j.action_type_id
  WHERE j.marketplace = %(marketplace)s AND a.code = %(action)s AND j.product_id IS NULL
    AND j.status IN ('pending', 'running')) AS unfinished

-- PLAN
WITH fresh AS (
  UPDATE public.accounts SET planned = true WHERE NOT planned OR %(anew)s RETURNING tenant, marketplace
)
INSERT INTO public.timetable (tenant, marketplace, action, next_at)
SELECT fresh.tenant, p.marketplace, p.action, clock_timestamp() + random() * p.every_s * interval '1 second'
FROM fresh JOIN jsonb_to_recordset(%(periods)s) AS p(marketplace text, action text, every_s float8)
  ON p.marketplace = fresh.marketplace
ON CONFLICT (tenant, marketplace, action) DO NOTHING
