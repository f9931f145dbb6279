-- ACQUIRE
UPDATE public.tenant_work SET owner = %(me)s, epoch = nextval('public.owner_epochs') WHERE tenant IN (
  SELECT w.tenant FROM public.tenant_work w LEFT JOIN public.processes p ON p.id = w.owner
  WHERE w.owner IS DISTINCT FROM %(me)s AND (p.id IS NULL OR p.dead OR p.expires_at <= clock_timestamp())
    AND EXISTS (SELECT FROM public.processes m WHERE m.id = %(me)s AND NOT m.dead)[[named]]
  ORDER BY w.tenant LIMIT %(limit)s FOR UPDATE OF w SKIP LOCKED)
RETURNING tenant, epoch, version

-- ACQUIRE_ONE
INSERT INTO public.tenant_work AS w (tenant, owner, epoch)
SELECT %(tenant)s, %(me)s, nextval('public.owner_epochs')
WHERE EXISTS (SELECT FROM public.processes m WHERE m.id = %(me)s AND NOT m.dead)
ON CONFLICT (tenant) DO UPDATE SET owner = EXCLUDED.owner, epoch = EXCLUDED.epoch
WHERE NOT EXISTS (
  SELECT FROM public.processes p WHERE p.id = w.owner AND NOT p.dead AND p.expires_at > clock_timestamp())
RETURNING epoch

-- ANNOUNCE
INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, unnest(%(jobs)s::int[])

-- CONSUME
WITH taken AS (
  DELETE FROM public.outbox WHERE id IN (
    SELECT o.id FROM public.outbox o
    LEFT JOIN public.tenant_work w ON w.tenant = o.tenant
    LEFT JOIN public.processes p ON p.id = w.owner
    WHERE w.owner IS NULL OR w.owner = %(me)s OR p.id IS NULL OR p.dead OR p.expires_at <= clock_timestamp()
    ORDER BY o.id LIMIT %(limit)s FOR UPDATE OF o SKIP LOCKED)
  RETURNING *
), noted AS (
  INSERT INTO public.tenant_work AS w (tenant) SELECT DISTINCT tenant FROM taken
  ON CONFLICT (tenant) DO UPDATE SET version = w.version + 1
  RETURNING w.tenant, w.version
)
SELECT tenant, noted.version, taken.job, taken.priority, taken.product, taken.task, taken.paced, taken.traceparent,
  a.marketplace, a.code AS action, set_config('synchronous_commit', 'off', true)
FROM taken JOIN noted USING (tenant) LEFT JOIN public.marketplace_action_types a
  ON a.id = taken.action AND taken.created_at > clock_timestamp() - %(believed_s)s::float8 * interval '1 second'
ORDER BY taken.id

-- LEAVE
UPDATE public.tenant_work SET owner = NULL WHERE tenant = %(tenant)s AND owner = %(me)s AND epoch = %(epoch)s

-- LEAVE_OTHERS
UPDATE public.tenant_work w SET owner = NULL WHERE w.owner = %(me)s AND NOT EXISTS (
  SELECT FROM unnest(%(tenants)s::int[], %(epochs)s::bigint[]) AS known (tenant, epoch)
  WHERE known.tenant = w.tenant AND known.epoch = w.epoch)

-- OWNER
SELECT owner, epoch FROM public.tenant_work WHERE tenant = %(tenant)s

-- RELEASE
DELETE FROM public.tenant_work
WHERE tenant = %(tenant)s AND owner = %(me)s AND epoch = %(epoch)s AND version = %(version)s
  AND NOT EXISTS (SELECT FROM public.outbox o WHERE o.tenant = %(tenant)s)
RETURNING tenant

-- VERSION
SELECT version FROM public.tenant_work WHERE tenant = %(tenant)s AND owner = %(me)s AND epoch = %(epoch)s
