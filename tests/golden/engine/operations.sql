-- FORGET
DELETE FROM public.operations WHERE tenant = %(tenant)s AND task = %(task)s AND NOT EXISTS (
  SELECT FROM {s}.marketplace_tasks t WHERE t.id = %(task)s AND t.status = 'running' AND t.look_at IS NOT NULL)

-- FORGET_LATE
DELETE FROM public.operations WHERE until <= clock_timestamp()

-- MAKE_DUE
UPDATE {s}.marketplace_tasks SET look_at = clock_timestamp()
WHERE id = %(task)s AND status = 'running' AND output -> 'operation' ->> 'id' = %(operation)s
  AND claimed_by IS NULL AND deadline IS NULL AND look_at > clock_timestamp()
RETURNING job_id, claims

-- NAMED
SELECT tenant, task, operation FROM public.operations
WHERE marketplace = %(marketplace)s AND operation = ANY(%(operations)s::text[]) ORDER BY until DESC LIMIT %(limit)s
