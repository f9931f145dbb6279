-- CLAIM
UPDATE {s}.strays SET claims = claims + 1, claimed_by = %(holder)s,
  deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second'
WHERE id = %(id)s AND claims = %(claims)s AND deadline IS NULL AND look_after <= clock_timestamp()
  AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
RETURNING id

-- ISSUE
INSERT INTO {s}.plugin_commands (request_id, job_id, stray_id, claims, seq, plugin_id, action, payload, deadline)
SELECT %(request_id)s, %(job)s, t.id, t.claims, %(seq)s, v.plugin_id, %(action)s, %(payload)s, t.deadline
FROM {s}.strays t LEFT JOIN public.plugin_presence v ON v.tenant = %(tenant)s
WHERE t.id = %(id)s AND t.claims = %(claims)s AND t.deadline > clock_timestamp()
  AND (%(seq)s > 0 OR t.xmin = pg_current_xact_id()::xid)
  AND NOT EXISTS (
    SELECT FROM {s}.plugin_commands c WHERE c.stray_id = t.id AND c.claims = t.claims AND c.seq = %(seq)s)
RETURNING id

-- KEEP
UPDATE {s}.strays SET claimed_by = NULL, deadline = NULL, tries = tries + %(looked)s,
  look_after = clock_timestamp() + %(delay_s)s::float8 * interval '1 second'
WHERE id = %(id)s AND claims = %(claims)s RETURNING id

-- READ
SELECT id, marker, claims, tries FROM {s}.strays WHERE id = %(id)s AND job_id = %(job)s

-- REMOVE
DELETE FROM {s}.strays WHERE id = %(id)s AND claims = %(claims)s RETURNING id
