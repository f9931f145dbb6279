-- ABSENT
SELECT t.tenant FROM unnest(%(tenants)s::int[]) AS t (tenant)
WHERE NOT EXISTS (
    SELECT FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
    WHERE v.tenant = t.tenant AND v.connected AND NOT p.dead AND p.expires_at > clock_timestamp())

-- ANSWER
UPDATE {s}.plugin_commands SET answered_at = clock_timestamp(), answer = %(answer)s
WHERE request_id = %(request_id)s::uuid AND answered_at IS NULL RETURNING id

-- ANSWERS
SELECT answer FROM {s}.plugin_commands
WHERE (task_id = %(task)s::int OR stray_id = %(orphan)s::int) AND claims = %(claims)s AND seq <= %(seq)s
ORDER BY seq

-- CONNECTED
INSERT INTO public.plugin_presence AS v (tenant, plugin_id, process, socket_id, connected, since)
VALUES (%(tenant)s, %(plugin_id)s, %(process)s, %(socket_id)s, true, clock_timestamp())
ON CONFLICT (tenant) DO UPDATE SET plugin_id = EXCLUDED.plugin_id, process = EXCLUDED.process,
  socket_id = EXCLUDED.socket_id, connected = true, since = EXCLUDED.since

-- FIND
SELECT job_id, task_id, stray_id, claims, seq, looks FROM {s}.plugin_commands
WHERE request_id = %(request_id)s::uuid AND plugin_id = %(plugin_id)s AND answered_at IS NULL

-- GONE
UPDATE public.plugin_presence SET connected = false, since = clock_timestamp()
WHERE tenant = %(tenant)s AND plugin_id = %(plugin_id)s AND socket_id = %(socket_id)s AND connected

-- GONE_WITH_APIS
WITH gone AS (
  UPDATE public.plugin_presence SET connected = false, since = clock_timestamp() WHERE tenant IN (
    SELECT v.tenant FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
    WHERE v.connected AND p.dead ORDER BY v.tenant FOR UPDATE OF v SKIP LOCKED)
  RETURNING tenant
)
INSERT INTO public.outbox (tenant, job) SELECT tenant, 0 FROM gone JOIN public.tenant_work USING (tenant)

-- ISSUE
INSERT INTO {s}.plugin_commands
  (request_id, job_id, task_id, claims, seq, plugin_id, action, payload, deadline, looks)
SELECT %(request_id)s, t.job_id, t.id, t.claims, %(seq)s, v.plugin_id, %(action)s, %(payload)s, t.deadline,
  t.look_at IS NOT NULL
FROM {s}.marketplace_tasks t LEFT JOIN public.plugin_presence v ON v.tenant = %(tenant)s
WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s AND t.deadline > clock_timestamp()
  AND (%(seq)s > 0 OR t.xmin = pg_current_xact_id()::xid)
ON CONFLICT (task_id, claims, seq) DO NOTHING
RETURNING request_id

-- OPEN
SELECT c.request_id::text AS request_id, c.action, c.payload, c.deadline,
  extract(epoch FROM c.deadline - clock_timestamp())::float8 AS left_s,
  concat_ws('-', %(tenant)s::int, c.job_id, coalesce(c.task_id::text, 'stray' || c.stray_id), c.claims) AS attempt
FROM {s}.plugin_commands c
LEFT JOIN {s}.marketplace_tasks t ON t.id = c.task_id
WHERE c.plugin_id = %(plugin_id)s AND c.answered_at IS NULL AND c.deadline > clock_timestamp()
  AND (c.task_id IS NULL OR (t.status = 'running' AND t.claims = c.claims))
  AND (c.task_id IS NULL OR t.look_at IS NOT NULL
    OR NOT NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active))
ORDER BY c.id LIMIT 50

-- SENT
UPDATE {s}.plugin_commands SET sent_at = clock_timestamp()
WHERE request_id = ANY(%(request_ids)s::uuid[]) AND plugin_id = %(plugin_id)s
RETURNING request_id::text AS request_id[[traced]]
