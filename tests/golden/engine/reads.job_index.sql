-- LIST
SELECT f.tenant, f.job, f.created_at
FROM (
  SELECT k.status, a.id AS action FROM unnest(%(statuses)s::text[]) AS k(status) CROSS JOIN
    public.marketplace_action_types a
  WHERE (%(marketplace)s::text IS NULL OR a.marketplace = %(marketplace)s)
    AND (%(actions)s::text[] IS NULL OR a.code = ANY(%(actions)s))) AS w
CROSS JOIN LATERAL (
  SELECT i.tenant, i.job, i.created_at FROM public.[[walk]]
    AND i.created_at > coalesce(%(created_after)s::timestamptz, '-infinity')
    AND i.created_at < coalesce(%(created_before)s::timestamptz, 'infinity')
    AND (i.created_at, i.tenant, i.job) < (%(at)s::timestamptz, %(of)s::int, %(job)s::int)
  ORDER BY i.created_at DESC, i.tenant DESC, i.job DESC LIMIT %(limit)s) AS f
ORDER BY f.created_at DESC, f.tenant DESC, f.job DESC LIMIT %(limit)s

-- ROWS
SELECT [[tenant]] AS tenant, j.id, j.marketplace, a.code AS action, j.status, j.product_id, j.batch_job_id AS batch_id,
  j.priority, j.error_message AS error, j.error_kind, public.error_code(j.error_fields) AS error_code,
  j.cancel_requested, j.created_at, j.started_at, j.completed_at FROM {s}.marketplace_jobs j
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id
WHERE j.id = ANY(ARRAY[[[ids]]]) AND (%(text)s::text IS NULL OR (strpos(lower(coalesce(j.error_message, '')), lower(%(text)s)) > 0
    OR strpos(lower(coalesce(j.input_data::text, '')), lower(%(text)s)) > 0))

-- STATUSES
SELECT i.tenant, i.job, i.status FROM unnest(%(tenants)s::int[], %(jobs)s::int[]) AS w(tenant, job)
JOIN public.job_index i ON i.tenant = w.tenant AND i.job = w.job

-- TENANTS
SELECT tenant FROM (
SELECT DISTINCT i.tenant FROM public.marketplace_action_types a JOIN public.job_index i ON i.action = a.id
WHERE i.status = ANY(%(statuses)s::text[]) AND i.tenant >= %(since)s::int
  AND (%(marketplace)s::text IS NULL OR a.marketplace = %(marketplace)s)
  AND (%(actions)s::text[] IS NULL OR a.code = ANY(%(actions)s))
  AND (%(error_kind)s::text IS NULL OR i.kind = %(error_kind)s)
  AND (%(error_code)s::text IS NULL OR i.code = %(error_code)s)
  AND i.created_at > coalesce(%(created_after)s::timestamptz, '-infinity')
  AND i.created_at < coalesce(%(created_before)s::timestamptz, 'infinity')) AS t
WHERE to_regclass('user_' || tenant || '.marketplace_jobs') IS NOT NULL ORDER BY tenant

-- THERE
SELECT tenant FROM unnest(%s::int[]) AS t(tenant)
WHERE to_regclass('user_' || tenant || '.marketplace_jobs') IS NOT NULL
