-- BEAT
UPDATE public.processes SET expires_at = clock_timestamp() + %(lease_s)s::float8 * interval '1 second'
WHERE id = %(id)s AND NOT dead AND (kind <> 'orchestrator' OR expires_at > clock_timestamp()) RETURNING id

-- FORGET
DELETE FROM public.processes WHERE dead AND expires_at < clock_timestamp() - interval '1 hour'

-- LIVING
SELECT count(*) AS number FROM public.processes
WHERE kind = %(kind)s AND host = %(host)s AND NOT dead AND expires_at > clock_timestamp()

-- MARK_DEAD
UPDATE public.processes SET dead = true, expires_at = clock_timestamp() WHERE id = %(id)s AND NOT dead

-- MARK_EXPIRED_DEAD
WITH expired AS (
  UPDATE public.processes SET dead = true, expires_at = clock_timestamp()
  WHERE NOT dead AND expires_at <= clock_timestamp() RETURNING id, kind)
SELECT id, kind, true AS now FROM expired
UNION ALL
SELECT id, kind, false FROM public.processes WHERE dead AND expires_at > clock_timestamp() - interval '1 hour'

-- MARK_GONE_DEAD
UPDATE public.processes SET dead = true, expires_at = clock_timestamp()
WHERE id = ANY(%(gone)s::bigint[]) AND NOT dead RETURNING id, kind

-- MARK_PIDS_DEAD
UPDATE public.processes SET dead = true, expires_at = clock_timestamp()
WHERE host = %(host)s AND pid = ANY(%(pids)s) AND NOT dead

-- OF_MACHINE
SELECT id, pid, begun FROM public.processes WHERE machine = %(machine)s AND NOT dead

-- REGISTER
INSERT INTO public.processes (kind, host, pid, machine, begun, release, serves, told, folds, started_at, expires_at)
VALUES (%(kind)s, %(host)s, %(pid)s, %(machine)s, %(begun)s, %(release)s, %(serves)s::text[], %(told)s,
        true, clock_timestamp(), clock_timestamp() + %(lease_s)s::float8 * interval '1 second')
RETURNING id

-- TOLD
SELECT told FROM public.processes
WHERE kind = 'orchestrator' AND NOT dead AND expires_at > clock_timestamp() ORDER BY id DESC LIMIT 1
