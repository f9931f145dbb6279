-- CLAIM
WITH [[settled]]was AS MATERIALIZED (
  SELECT j.id, j.status FROM {s}.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND (j.acted OR NOT j.cancel_requested)
    AND (j.not_before IS NULL OR j.not_before <= clock_timestamp())
    AND NOT NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active)
    AND NOT EXISTS (
      SELECT FROM {s}.connections c WHERE c.marketplace = j.marketplace AND c.state <> 'connected')
    [[in line]] [[undisturbed]] [[if settled]]
    AND NOT EXISTS (
      SELECT FROM {s}.marketplace_tasks b
      WHERE b.job_id = j.id AND b.position < %(position)s AND b.status NOT IN ('completed', 'skipped')
        [[but inner]] [[but settled]])
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    AND EXISTS (SELECT FROM public.processes p WHERE p.id = %(process)s AND NOT p.dead)
  FOR UPDATE OF j
), now AS MATERIALIZED (
  SELECT clock_timestamp() AS at FROM was
[[pace]][[trying]]), task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = 'running', claims = t.claims + 1, claimed_by = %(holder)s, marker = coalesce(%(marker)s, t.marker),
      deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second', not_before = NULL,
      started_at = coalesce(t.started_at, clock_timestamp()), looks = 0, input_digest = %(digest)s,
      quiet_s = %(quiet_s)s
  FROM was
  WHERE t.id = %(task)s AND t.job_id = was.id AND t.status = 'pending' AND t.claims = %(claims)s
    AND (t.not_before IS NULL OR t.not_before <= clock_timestamp())
    [[if in pace]] [[if tried]]
  RETURNING t.id, t.claims, t.name
), [[begun]][[inner]]said AS (
  INSERT INTO {s}.job_timeline (job_id, task, at, from_status, to_status, cause, attempt)
  SELECT * FROM (
    [[settled line]][[begun line]][[inner lines]]SELECT %(job)s, name, now.at, 'pending', 'running', 'claimed', claims
    FROM task, now
  ) AS lines
)
SELECT (SELECT claims FROM task) AS claims[[is settled]]

-- CLAIM_LOOK
WITH begun AS (SELECT
[[trying]]), task AS (
  UPDATE {s}.marketplace_tasks t
  SET claims = t.claims + 1, claimed_by = %(holder)s,
      deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second'
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s AND t.claimed_by IS NULL
    AND t.look_at <= clock_timestamp() AND t.deadline IS NULL
    AND NOT EXISTS (
      SELECT FROM {s}.marketplace_jobs j JOIN {s}.connections c ON c.marketplace = j.marketplace
      WHERE j.id = t.job_id AND c.state <> 'connected')
    [[if tried]]
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    AND EXISTS (SELECT FROM public.processes p WHERE p.id = %(process)s AND NOT p.dead)
  RETURNING t.job_id, t.name, t.claims, t.output
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, cause, attempt)
  SELECT job_id, name, 'looking', claims FROM task WHERE output IS NULL
)
SELECT claims FROM task

-- RELEASE
UPDATE {s}.marketplace_tasks SET deadline = clock_timestamp()
WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s AND claimed_by = %(holder)s RETURNING id
