-- claim of no product, in the middle of a run
WITH was AS MATERIALIZED (
  SELECT j.id, j.status FROM user_7.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND (j.acted OR NOT j.cancel_requested)
    AND (j.not_before IS NULL OR j.not_before <= clock_timestamp())
    AND NOT NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active)
    AND NOT EXISTS (
      SELECT FROM user_7.connections c WHERE c.marketplace = j.marketplace AND (c.state <> 'connected' OR c.resume_at > clock_timestamp()))
      
    AND NOT EXISTS (
      SELECT FROM user_7.marketplace_tasks b
      WHERE b.job_id = j.id AND b.position < %(position)s AND b.status NOT IN ('completed', 'skipped')
         )
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    AND EXISTS (SELECT FROM public.processes p WHERE p.id = %(process)s AND NOT p.dead)
  FOR UPDATE OF j
), now AS MATERIALIZED (
  SELECT clock_timestamp() AS at FROM was
), task AS (
  UPDATE user_7.marketplace_tasks t
  SET status = 'running', claims = t.claims + 1, claimed_by = %(holder)s, marker = coalesce(%(marker)s, t.marker),
      deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second', not_before = NULL,
      started_at = coalesce(t.started_at, clock_timestamp()), looks = 0, input_digest = %(digest)s,
      quiet_s = %(quiet_s)s
  FROM was
  WHERE t.id = %(task)s AND t.job_id = was.id AND t.status = 'pending' AND t.claims = %(claims)s
    AND (t.not_before IS NULL OR t.not_before <= clock_timestamp())
     
  RETURNING t.id, t.claims, t.name
), said AS (
  INSERT INTO user_7.job_timeline (job_id, task, at, from_status, to_status, cause, attempt)
  SELECT * FROM (
    SELECT %(job)s, name, now.at, 'pending', 'running', 'claimed', claims
    FROM task, now
  ) AS lines
)
SELECT EXISTS (SELECT FROM task) AS granted

-- claim, with everything
WITH settled AS (
  UPDATE user_7.marketplace_tasks
  SET status = 'completed', output = %(after_output)s, claimed_by = NULL, deadline = NULL, look_at = NULL,
      completed_at = clock_timestamp() - %(after_ago_s)s::float8 * interval '1 second', error = NULL, error_kind = NULL
  WHERE id = %(after)s AND status = 'running' AND claims = %(after_claims)s
  RETURNING name, claims, completed_at
), was AS MATERIALIZED (
  SELECT j.id, j.status FROM user_7.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND (j.acted OR NOT j.cancel_requested)
    AND (j.not_before IS NULL OR j.not_before <= clock_timestamp())
    AND NOT NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active)
    AND NOT EXISTS (
      SELECT FROM user_7.connections c WHERE c.marketplace = j.marketplace AND (c.state <> 'connected' OR c.resume_at > clock_timestamp()))
    AND (j.status = 'running'
      OR NOT EXISTS (SELECT  FROM user_7.marketplace_jobs ahead
      WHERE ahead.marketplace = j.marketplace AND ahead.product_id = j.product_id AND ahead.id < j.id
        AND ahead.status IN ('pending', 'running')) AND NOT EXISTS (SELECT  FROM user_7.marketplace_jobs late
      WHERE late.marketplace = j.marketplace AND late.product_id = j.product_id AND late.id < j.id
        AND late.late_until > clock_timestamp())) AND (j.late_until IS NULL OR j.late_until <= clock_timestamp()) AND EXISTS (SELECT FROM settled)
    AND NOT EXISTS (
      SELECT FROM user_7.marketplace_tasks b
      WHERE b.job_id = j.id AND b.position < %(position)s AND b.status NOT IN ('completed', 'skipped')
        AND b.id <> ALL(%(inner_ids)s::int[]) AND b.id <> %(after)s)
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    AND EXISTS (SELECT FROM public.processes p WHERE p.id = %(process)s AND NOT p.dead)
  FOR UPDATE OF j
), now AS MATERIALIZED (
  SELECT clock_timestamp() AS at FROM was
), pace AS (
  INSERT INTO public.pace AS p (tenant, marketplace, action, next_at)
  SELECT %(tenant)s, %(marketplace)s, %(action)s, clock_timestamp() + %(pace_s)s::float8 * interval '1 second' FROM was
  ON CONFLICT (tenant, marketplace, action) DO UPDATE
    SET next_at = greatest(EXCLUDED.next_at, p.next_at + %(pace_s)s::float8 * interval '1 second')
    WHERE p.next_at <= clock_timestamp() + %(slack_s)s::float8 * interval '1 second'
  RETURNING 1
), tried AS (
  UPDATE public.application_refusals a SET tries = a.tries + 1, next_try = clock_timestamp() + interval '1 second' *
    CASE a.channel
      WHEN 'quota' THEN least(%(longest_spent_s)s::float8, %(first_spent_s)s::float8 * power(2, least(a.tries, 16)))
      ELSE least(%(longest_try_s)s::float8, %(first_try_s)s::float8 * power(2, least(a.tries, 16))) END
  WHERE a.marketplace = (
    SELECT m.marketplace FROM public.application_refusals m
    WHERE m.marketplace = %(marketplace)s AND m.ended_at IS NULL AND m.next_try <= clock_timestamp()
    FOR UPDATE SKIP LOCKED)
  RETURNING 1
), task AS (
  UPDATE user_7.marketplace_tasks t
  SET status = 'running', claims = t.claims + 1, claimed_by = %(holder)s, marker = coalesce(%(marker)s, t.marker),
      deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second', not_before = NULL,
      started_at = coalesce(t.started_at, clock_timestamp()), looks = 0, input_digest = %(digest)s,
      quiet_s = %(quiet_s)s
  FROM was
  WHERE t.id = %(task)s AND t.job_id = was.id AND t.status = 'pending' AND t.claims = %(claims)s
    AND (t.not_before IS NULL OR t.not_before <= clock_timestamp())
    AND EXISTS (SELECT FROM pace) AND EXISTS (SELECT FROM tried)
  RETURNING t.id, t.claims, t.name
), job AS (
  UPDATE user_7.marketplace_jobs j
  SET status = 'running', waiting = NULL, told = NOT j.told,
      started_at = coalesce(j.started_at, now.at - %(begun_ago_s)s::float8 * interval '1 second')
  FROM was, now, task WHERE j.id = was.id AND (was.status = 'pending' OR j.waiting IS NOT NULL)
  RETURNING j.id, j.marketplace, j.action_type_id, j.product_id, j.batch_job_id, was.status AS before
), event AS (
  INSERT INTO public.events (tenant, type, state, subject, marketplace, action, product, batch)
  SELECT %(tenant)s, 'job_status_update', 'running', id, marketplace, action_type_id, product_id, batch_job_id
  FROM job WHERE before = 'pending'
), inner_done AS (
  UPDATE user_7.marketplace_tasks i
  SET status = 'completed', output = r.output, input_digest = r.digest, claims = i.claims + 1,
      started_at = now.at - r.started_ago_s * interval '1 second',
      completed_at = now.at - r.completed_ago_s * interval '1 second'
  FROM jsonb_to_recordset(%(inner)s) AS r(id int, output jsonb, digest text, started_ago_s float8,
         completed_ago_s float8), now, task
  WHERE i.id = r.id AND i.job_id = %(job)s AND i.status = 'pending'
  RETURNING i.name, i.position, i.claims, i.started_at, i.completed_at
), said AS (
  INSERT INTO user_7.job_timeline (job_id, task, at, from_status, to_status, cause, attempt)
  SELECT * FROM (
    SELECT %(job)s, name, completed_at, 'running', 'completed', 'done', claims FROM settled
    UNION ALL SELECT %(job)s, NULL::text, now.at - %(begun_ago_s)s::float8 * interval '1 second', 'pending', 'running',
      'started', 0 FROM job, now WHERE before = 'pending'
    UNION ALL (SELECT %(job)s, name, l.at, l.before, l.after, l.cause, claims
      FROM inner_done, LATERAL (VALUES (started_at, 'pending', 'running', 'run'),
        (completed_at, 'running', 'completed', 'done')) AS l (at, before, after, cause)
      ORDER BY position, l.after DESC)
    UNION ALL SELECT %(job)s, name, now.at, 'pending', 'running', 'claimed', claims
    FROM task, now
  ) AS lines
)
SELECT EXISTS (SELECT FROM task) AS granted, EXISTS (SELECT FROM settled) AS settled

-- claim of a look, trying whether the application is accepted
WITH begun AS (SELECT
), tried AS (
  UPDATE public.application_refusals a SET tries = a.tries + 1, next_try = clock_timestamp() + interval '1 second' *
    CASE a.channel
      WHEN 'quota' THEN least(%(longest_spent_s)s::float8, %(first_spent_s)s::float8 * power(2, least(a.tries, 16)))
      ELSE least(%(longest_try_s)s::float8, %(first_try_s)s::float8 * power(2, least(a.tries, 16))) END
  WHERE a.marketplace = (
    SELECT m.marketplace FROM public.application_refusals m
    WHERE m.marketplace = %(marketplace)s AND m.ended_at IS NULL AND m.next_try <= clock_timestamp()
    FOR UPDATE SKIP LOCKED)
  RETURNING 1
), task AS (
  UPDATE user_7.marketplace_tasks t
  SET claims = t.claims + 1, claimed_by = %(holder)s,
      deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second'
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s AND t.claimed_by IS NULL
    AND t.look_at <= clock_timestamp() AND t.deadline IS NULL
    AND NOT EXISTS (
      SELECT FROM user_7.marketplace_jobs j JOIN user_7.connections c ON c.marketplace = j.marketplace
      WHERE j.id = t.job_id AND (c.state <> 'connected' OR c.resume_at > clock_timestamp()))
    AND EXISTS (SELECT FROM tried)
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    AND EXISTS (SELECT FROM public.processes p WHERE p.id = %(process)s AND NOT p.dead)
  RETURNING t.job_id, t.name, t.claims, t.output
), said AS (
  INSERT INTO user_7.job_timeline (job_id, task, cause, attempt)
  SELECT job_id, name, 'looking', claims FROM task WHERE output IS NULL
)
SELECT claims FROM task

-- close
WITH was AS MATERIALIZED (
  SELECT j.id, j.status, j.cancel_requested FROM user_7.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND (j.acted OR NOT j.cancel_requested)
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    
    AND NOT EXISTS (
      SELECT FROM user_7.marketplace_tasks b WHERE b.job_id = j.id  
        AND (b.status = 'running' OR b.status NOT IN ('completed', 'skipped')))
  FOR UPDATE OF j
), now AS MATERIALIZED (
  SELECT clock_timestamp() AS at FROM was
), job AS (
  UPDATE user_7.marketplace_jobs j
  SET status = %(status)s, completed_at = now.at,
      started_at = coalesce(j.started_at, now.at - %(begun_ago_s)s::float8 * interval '1 second'),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s,
      waiting = NULL, told = NOT j.told
  FROM was, now WHERE j.id = was.id
  RETURNING j.id, j.marketplace, j.action_type_id, j.product_id, j.batch_job_id, was.status AS before, was.cancel_requested
), event AS (
  INSERT INTO public.events (tenant, type, state, subject, marketplace, action, product, batch)
  SELECT %(tenant)s, 'job_status_update', %(status)s, id, marketplace, action_type_id, product_id, batch_job_id
  FROM job WHERE true
), said AS (
  INSERT INTO user_7.job_timeline (job_id, task, at, from_status, to_status, cause, attempt, detail)
  SELECT *, CASE WHEN to_status = 'failed' THEN %(detail)s::jsonb END FROM (
    SELECT %(job)s, NULL::text, now.at - %(begun_ago_s)s::float8 * interval '1 second', 'pending',
      'running', 'started', 0 FROM job, now WHERE before = 'pending'
    UNION ALL SELECT %(job)s, NULL, now.at, 'running', %(status)s,
      CASE WHEN cancel_requested THEN 'cancel came too late' ELSE %(cause)s END, 0 FROM job, now
  ) AS lines (job_id, task, at, from_status, to_status, cause, attempt)
)
SELECT EXISTS (SELECT FROM job) AS granted

-- close of what failed, with what went before
WITH settled AS (
  UPDATE user_7.marketplace_tasks
  SET status = 'completed', output = %(after_output)s, claimed_by = NULL, deadline = NULL, look_at = NULL,
      completed_at = clock_timestamp() - %(after_ago_s)s::float8 * interval '1 second', error = NULL, error_kind = NULL
  WHERE id = %(after)s AND status = 'running' AND claims = %(after_claims)s
  RETURNING name, claims, completed_at
), was AS MATERIALIZED (
  SELECT j.id, j.status, j.cancel_requested FROM user_7.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND (j.acted OR NOT j.cancel_requested)
    AND EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = %(tenant)s AND w.epoch = %(epoch)s)
    AND EXISTS (SELECT FROM settled)
    AND NOT EXISTS (
      SELECT FROM user_7.marketplace_tasks b WHERE b.job_id = j.id AND b.id <> ALL(%(inner_ids)s::int[]) AND b.id <> %(after)s
        AND (b.status = 'running' ))
  FOR UPDATE OF j
), now AS MATERIALIZED (
  SELECT clock_timestamp() AS at FROM was
), inner_done AS (
  UPDATE user_7.marketplace_tasks i
  SET status = 'completed', output = r.output, input_digest = r.digest, claims = i.claims + 1,
      started_at = now.at - r.started_ago_s * interval '1 second',
      completed_at = now.at - r.completed_ago_s * interval '1 second'
  FROM jsonb_to_recordset(%(inner)s) AS r(id int, output jsonb, digest text, started_ago_s float8,
         completed_ago_s float8), now, was
  WHERE i.id = r.id AND i.job_id = %(job)s AND i.status = 'pending'
  RETURNING i.name, i.position, i.claims, i.started_at, i.completed_at
), failed AS (
  UPDATE user_7.marketplace_tasks t
  SET status = 'failed', claims = t.claims + 1, completed_at = now.at,
      started_at = coalesce(t.started_at, now.at - %(last_ago_s)s::float8 * interval '1 second'),
      error = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s
  FROM was, now WHERE t.id = %(failed_task)s AND t.job_id = was.id AND t.status = 'pending'
  RETURNING t.name, t.claims
), job AS (
  UPDATE user_7.marketplace_jobs j
  SET status = %(status)s, completed_at = now.at,
      started_at = coalesce(j.started_at, now.at - %(begun_ago_s)s::float8 * interval '1 second'),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s,
      waiting = NULL, told = NOT j.told
  FROM was, now WHERE j.id = was.id
  RETURNING j.id, j.marketplace, j.action_type_id, j.product_id, j.batch_job_id, was.status AS before, was.cancel_requested
), event AS (
  INSERT INTO public.events (tenant, type, state, subject, marketplace, action, product, batch)
  SELECT %(tenant)s, 'job_status_update', %(status)s, id, marketplace, action_type_id, product_id, batch_job_id
  FROM job WHERE true
), said AS (
  INSERT INTO user_7.job_timeline (job_id, task, at, from_status, to_status, cause, attempt, detail)
  SELECT *, CASE WHEN to_status = 'failed' THEN %(detail)s::jsonb END FROM (
    SELECT %(job)s, name, completed_at, 'running', 'completed', 'done', claims FROM settled
    UNION ALL SELECT %(job)s, NULL::text, now.at - %(begun_ago_s)s::float8 * interval '1 second', 'pending',
      'running', 'started', 0 FROM job, now WHERE before = 'pending'
    UNION ALL (SELECT %(job)s, name, l.at, l.before, l.after, l.cause, claims
      FROM inner_done, LATERAL (VALUES (started_at, 'pending', 'running', 'run'),
        (completed_at, 'running', 'completed', 'done')) AS l (at, before, after, cause)
      ORDER BY position, l.after DESC)
    UNION ALL SELECT %(job)s, name, now.at - %(last_ago_s)s::float8 * interval '1 second', 'pending', 'running', 'run',
      claims FROM failed, now
    UNION ALL SELECT %(job)s, name, now.at, 'running', 'failed', %(kind)s, claims FROM failed, now
    UNION ALL SELECT %(job)s, NULL, now.at, 'running', %(status)s,
      CASE WHEN cancel_requested THEN 'cancel came too late' ELSE %(cause)s END, 0 FROM job, now
  ) AS lines (job_id, task, at, from_status, to_status, cause, attempt)
)
SELECT EXISTS (SELECT FROM job) AS granted, EXISTS (SELECT FROM settled) AS settled
