-- NEXT
SELECT j.id, j.status, j.priority, j.cancel_requested, j.status = 'failed' AND EXISTS (
    SELECT FROM {s}.marketplace_jobs later
    WHERE later.product_id = j.product_id AND later.marketplace = j.marketplace AND later.id > j.id
      AND later.started_at IS NOT NULL) AS overtaken
FROM {s}.marketplace_jobs j
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id
WHERE (%(marketplace)s::text IS NULL OR j.marketplace = %(marketplace)s)
  AND (%(statuses)s::text[] IS NULL OR j.status = ANY(%(statuses)s))
  AND (%(actions)s::text[] IS NULL OR a.code = ANY(%(actions)s))
  AND (%(error_kind)s::text IS NULL OR coalesce(j.error_kind, 'unknown') = %(error_kind)s)
  AND (%(error_code)s::text IS NULL OR public.error_code(j.error_fields) = %(error_code)s)
  AND (%(product_id)s::int IS NULL OR j.product_id = %(product_id)s)
  AND (%(batch_id)s::int IS NULL OR j.batch_job_id = %(batch_id)s)
  AND (%(created_after)s::timestamptz IS NULL OR j.created_at > %(created_after)s)
  AND (%(created_before)s::timestamptz IS NULL OR j.created_at < %(created_before)s) AND j.id > %(after)s AND (%(text)s::text IS NULL OR (strpos(lower(coalesce(j.error_message, '')), lower(%(text)s)) > 0
    OR strpos(lower(coalesce(j.input_data::text, '')), lower(%(text)s)) > 0)) ORDER BY j.id LIMIT %(limit)s

-- SEARCH
WITH looked AS MATERIALIZED (
  SELECT j.id, (strpos(lower(coalesce(j.error_message, '')), lower(%(text)s)) > 0
    OR strpos(lower(coalesce(j.input_data::text, '')), lower(%(text)s)) > 0) AS says FROM {s}.marketplace_jobs j
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id
  WHERE (%(marketplace)s::text IS NULL OR j.marketplace = %(marketplace)s)
  AND (%(statuses)s::text[] IS NULL OR j.status = ANY(%(statuses)s))
  AND (%(actions)s::text[] IS NULL OR a.code = ANY(%(actions)s))
  AND (%(error_kind)s::text IS NULL OR coalesce(j.error_kind, 'unknown') = %(error_kind)s)
  AND (%(error_code)s::text IS NULL OR public.error_code(j.error_fields) = %(error_code)s)
  AND (%(product_id)s::int IS NULL OR j.product_id = %(product_id)s)
  AND (%(batch_id)s::int IS NULL OR j.batch_job_id = %(batch_id)s)
  AND (%(created_after)s::timestamptz IS NULL OR j.created_at > %(created_after)s)
  AND (%(created_before)s::timestamptz IS NULL OR j.created_at < %(created_before)s) AND (%(before)s::int IS NULL OR j.id < %(before)s) ORDER BY j.id DESC LIMIT %(most)s
)
SELECT count(*) AS looked, min(id) AS last,
  (SELECT array_agg(id) FROM (SELECT id FROM looked WHERE says ORDER BY id DESC LIMIT %(limit)s) AS f) AS found
FROM looked
