-- CONNECTED
WITH good AS (
  UPDATE {s}.connections SET state = 'connected', reason = NULL, updated_at = clock_timestamp()
  WHERE marketplace = %(marketplace)s AND state <> 'connected' AND CASE WHEN state <> 'connected' AND lock ->> 'reason' = reason THEN lock END IS NULL RETURNING marketplace
)
INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, 0 FROM good

-- NEEDS_SELLER
INSERT INTO {s}.connections AS c (marketplace, state, reason, lock, next_try)
VALUES (%(marketplace)s, 'needs_seller', %(reason)s, %(lock)s::jsonb, CASE WHEN %(person)s THEN 'infinity'::timestamptz WHEN %(until)s::timestamptz > clock_timestamp() THEN %(until)s ELSE clock_timestamp() + (1 + random() / 4) * least(%(longest_s)s::float8,
      %(first_s)s::float8 * power(%(growth)s::float8, least(0, 30))) * interval '1 second' END)
ON CONFLICT (marketplace) DO UPDATE SET state = 'needs_seller', reason = EXCLUDED.reason, lock = EXCLUDED.lock,
  updated_at = clock_timestamp(), tries = CASE WHEN c.tried_at > clock_timestamp() - %(good_again_s)s::float8 * interval '1 second'
    THEN c.tries ELSE 0 END, next_try = CASE WHEN %(person)s THEN 'infinity'::timestamptz WHEN %(until)s::timestamptz > clock_timestamp() THEN %(until)s ELSE clock_timestamp() + (1 + random() / 4) * least(%(longest_s)s::float8,
      %(first_s)s::float8 * power(%(growth)s::float8, least(CASE WHEN c.tried_at > clock_timestamp() - %(good_again_s)s::float8 * interval '1 second'
    THEN c.tries ELSE 0 END, 30))) * interval '1 second' END
WHERE c.state = 'connected' AND c.updated_at <= coalesce((
  SELECT min(l.at) FROM {s}.job_timeline l JOIN {s}.marketplace_tasks t ON t.job_id = l.job_id AND t.name = l.task
  WHERE t.id = %(task)s::int AND l.attempt = %(claims)s::int), clock_timestamp())
RETURNING marketplace

-- REST
UPDATE {s}.connections SET resume_at = greatest(resume_at, clock_timestamp() + %(rest_s)s::float8 * interval '1 second')
WHERE marketplace = %(marketplace)s AND external_id = %(account)s RETURNING marketplace

-- TRY
WITH tried AS (
  UPDATE {s}.connections c
  SET state = 'connected', reason = NULL, updated_at = clock_timestamp(), tries = c.tries + 1,
      tried_at = clock_timestamp(), next_try = NULL
  WHERE c.state = 'needs_seller' AND c.tries < %(at_most)s
    AND coalesce(c.next_try, c.updated_at + %(first_s)s::float8 * interval '1 second') <= clock_timestamp()
    AND EXISTS (SELECT FROM {s}.marketplace_jobs j
      WHERE j.marketplace = c.marketplace AND j.status IN ('pending', 'running'))
    AND EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active)
    AND NOT EXISTS (
      SELECT FROM public.application_refusals r WHERE r.marketplace = c.marketplace AND r.ended_at IS NULL)
    AND CASE WHEN c.marketplace = ANY(%(plugins)s::text[]) THEN EXISTS (
    SELECT FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
    WHERE v.tenant = %(tenant)s AND v.connected AND NOT p.dead AND p.expires_at > clock_timestamp())
      ELSE c.secret IS NOT NULL END
  RETURNING c.marketplace
), told AS (
  INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, 0 FROM tried
)
SELECT marketplace FROM tried

-- TRY_NOW
WITH tried AS (
  UPDATE {s}.connections c
  SET state = 'connected', reason = NULL, updated_at = clock_timestamp(), tried_at = clock_timestamp(), next_try = NULL
  FROM (SELECT reason, CASE WHEN state <> 'connected' AND lock ->> 'reason' = reason THEN lock END AS lock FROM {s}.connections WHERE marketplace = %(marketplace)s FOR UPDATE) AS was
  WHERE c.marketplace = %(marketplace)s AND c.state = 'needs_seller' AND (c.secret IS NOT NULL OR was.lock IS NOT NULL)
  RETURNING was.reason, was.lock
)
SELECT reason, lock FROM tried
