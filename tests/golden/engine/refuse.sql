-- ACCEPT
UPDATE public.application_refusals SET ended_at = clock_timestamp(), ended_by = %(tenant)s
WHERE marketplace = %(marketplace)s AND ended_at IS NULL AND channel = ANY(%(channels)s::text[])
  AND refused_at < clock_timestamp() - %(took_s)s::float8 * interval '1 second'
RETURNING extract(epoch FROM clock_timestamp() - since)::float8 AS lasted_s

-- REFUSE
INSERT INTO public.application_refusals AS r (marketplace, channel, tenant, detail, next_try)
VALUES (%(marketplace)s, %(channel)s, %(tenant)s, %(detail)s,
        clock_timestamp() + %(wait_s)s::float8 * interval '1 second')
ON CONFLICT (marketplace) DO UPDATE
SET channel = EXCLUDED.channel, detail = EXCLUDED.detail, refused_at = now(), ended_at = NULL, ended_by = NULL,
    tenant = CASE WHEN r.ended_at IS NULL THEN r.tenant ELSE EXCLUDED.tenant END,
    since = CASE WHEN r.ended_at IS NULL THEN r.since ELSE now() END,
    tries = CASE WHEN r.ended_at IS NULL THEN r.tries ELSE 0 END,
    next_try = CASE WHEN r.ended_at IS NOT NULL THEN EXCLUDED.next_try
                    WHEN %(told)s THEN greatest(r.next_try, EXCLUDED.next_try) ELSE r.next_try END
WHERE r.ended_at IS NULL OR NOT (r.channel = 'quota' AND EXCLUDED.channel = 'quota'
  AND coalesce(r.tenant = EXCLUDED.tenant AND r.ended_by <> r.tenant AND r.ended_at > now() - interval '1 day', false))
RETURNING since = refused_at AS began

-- STANDING
SELECT marketplace, channel, detail, since, refused_at, tries, next_try, next_try <= clock_timestamp() AS is_due
FROM public.application_refusals WHERE ended_at IS NULL ORDER BY marketplace
