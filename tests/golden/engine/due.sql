-- DUE
SELECT EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.status = 'running' AND j.claimed_by IS NOT NULL
    AND (j.claimed_by = ANY(%(dead)s::bigint[]) OR j.deadline <= clock_timestamp()
      OR NOT EXISTS (SELECT FROM public.processes p WHERE p.id = j.claimed_by)))
  OR EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.status IN ('pending', 'running') AND j.expires_at <= clock_timestamp() AND NOT j.acted)
  OR EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE j.status = 'running' AND j.cancel_requested)
  OR EXISTS (SELECT FROM {s}.marketplace_tasks t WHERE t.status = 'running' AND (t.claimed_by IS NOT NULL OR t.deadline IS NOT NULL)
    AND (t.claimed_by = ANY(%(dead)s::bigint[]) OR t.deadline <= clock_timestamp()
      OR (t.claimed_by IS NOT NULL AND NOT EXISTS (SELECT FROM public.processes p WHERE p.id = t.claimed_by))))
  OR EXISTS (SELECT FROM {s}.marketplace_tasks t WHERE t.status = 'running' AND t.look_at IS NOT NULL AND t.claimed_by IS NULL AND t.deadline IS NULL AND coalesce((t.output ->> 'until')::timestamptz <= clock_timestamp(), false))
  OR EXISTS (SELECT FROM {s}.strays WHERE (deadline <= clock_timestamp() OR claimed_by = ANY(%(dead)s::bigint[])))
  OR EXISTS (SELECT FROM {s}.connections c WHERE c.state = 'needs_seller' AND c.tries < %(at_most)s
    AND coalesce(c.next_try, c.updated_at + %(first_s)s::float8 * interval '1 second') <= clock_timestamp()) AS due
