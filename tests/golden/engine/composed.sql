-- claim of no product, in the middle of a run
WITH was AS MATERIALIZED (
  SELECT j.id, j.status FROM user_7.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND (j.acted OR NOT j.cancel_requested)
    AND (j.not_before IS NULL OR j.not_before <= clock_timestamp()) AND (j.status = 'running' OR j.expires_at IS NULL OR j.expires_at > clock_timestamp())
    AND public.may_begin(%(tenant)s, %(epoch)s, %(process)s)
    AND NOT EXISTS (
      SELECT FROM user_7.connections c WHERE c.marketplace = %(marketplace)s AND (c.state <> 'connected' OR c.resume_at > clock_timestamp()))
      
  FOR UPDATE OF j
), task AS (
  UPDATE user_7.marketplace_tasks t
  SET status = 'running', claims = t.claims + 1, claimed_by = %(holder)s, marker = coalesce(%(marker)s, t.marker),
      deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second', not_before = NULL,
      started_at = coalesce(t.started_at, clock_timestamp()), looks = 0, input_digest = %(digest)s,
      quiet_s = %(quiet_s)s
  WHERE t.id = %(task)s AND t.job_id = %(job)s AND EXISTS (SELECT FROM was)
    AND t.status = 'pending' AND t.claims = %(claims)s
    AND (t.not_before IS NULL OR t.not_before <= clock_timestamp())
     
  RETURNING clock_timestamp() AS at
), said AS (
  INSERT INTO user_7.job_timeline (job_id, task, at, from_status, to_status, cause, attempt)
  SELECT %(job)s::int, l.task,
    coalesce((SELECT at FROM task), clock_timestamp()) - l.ago_s * interval '1 second', l.before, l.after,
    l.cause,
    coalesce(l.attempt)
  FROM jsonb_to_recordset(%(lines)s) AS l (part text, id int, task text, ago_s float8, before text, after text,
    cause text, attempt int)
  WHERE CASE l.part WHEN 'own' THEN EXISTS (SELECT FROM task)
    
    
      END
)
SELECT EXISTS (SELECT FROM task) AS granted

-- claim, with everything
WITH settled AS (
  UPDATE user_7.marketplace_tasks
  SET status = 'completed', output = %(after_output)s, claimed_by = NULL, deadline = NULL, look_at = NULL,
      completed_at = clock_timestamp() - %(after_ago_s)s::float8 * interval '1 second', error = NULL, error_kind = NULL
  WHERE id = %(after)s AND status = 'running' AND claims = %(after_claims)s
  RETURNING id
), was AS MATERIALIZED (
  SELECT j.id, j.status FROM user_7.marketplace_jobs j
  WHERE j.id = %(job)s AND j.status IN ('pending', 'running') AND (j.acted OR NOT j.cancel_requested)
    AND (j.not_before IS NULL OR j.not_before <= clock_timestamp()) AND (j.status = 'running' OR j.expires_at IS NULL OR j.expires_at > clock_timestamp())
    AND public.may_begin(%(tenant)s, %(epoch)s, %(process)s)
    AND NOT EXISTS (
      SELECT FROM user_7.connections c WHERE c.marketplace = %(marketplace)s AND (c.state <> 'connected' OR c.resume_at > clock_timestamp()))
    AND (j.status = 'running'
      OR NOT EXISTS (SELECT  FROM user_7.marketplace_jobs ahead
      WHERE ahead.marketplace = j.marketplace AND ahead.product_id = j.product_id AND ahead.id < j.id
        AND ahead.status IN ('pending', 'running')) AND NOT EXISTS (SELECT  FROM user_7.marketplace_jobs late
      WHERE late.marketplace = j.marketplace AND late.product_id = j.product_id AND late.id < j.id
        AND late.late_until > clock_timestamp())) AND (j.late_until IS NULL OR j.late_until <= clock_timestamp()) AND EXISTS (SELECT FROM settled)
  FOR UPDATE OF j
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
  WHERE t.id = %(task)s AND t.job_id = %(job)s AND EXISTS (SELECT FROM was)
    AND t.status = 'pending' AND t.claims = %(claims)s
    AND (t.not_before IS NULL OR t.not_before <= clock_timestamp())
    AND EXISTS (SELECT FROM pace) AND EXISTS (SELECT FROM tried)
  RETURNING clock_timestamp() AS at
), job AS (
  UPDATE user_7.marketplace_jobs j
  SET status = 'running', waiting = NULL, told = NOT j.told,
      started_at = coalesce(j.started_at, task.at - %(begun_ago_s)s::float8 * interval '1 second')
  FROM was, task
  WHERE j.id = was.id AND (was.status = 'pending' OR j.waiting IS NOT NULL)
  RETURNING CASE WHEN was.status = 'pending' THEN public.tell_job_change(%(tenant)s, 'running', j.id, j.marketplace, j.action_type_id, j.product_id, j.batch_job_id) END
), inner_done AS (
  UPDATE user_7.marketplace_tasks
  SET status = 'completed', output = %(inner)s::jsonb -> id::text -> 'output',
      input_digest = %(inner)s::jsonb -> id::text ->> 'digest', claims = claims + 1,
      started_at = (SELECT at FROM task)
        - (%(inner)s::jsonb -> id::text ->> 'started_ago_s')::float8 * interval '1 second',
      completed_at = (SELECT at FROM task)
        - (%(inner)s::jsonb -> id::text ->> 'completed_ago_s')::float8 * interval '1 second'
  WHERE id = ANY(%(inner_ids)s::int[]) AND job_id = %(job)s AND status = 'pending' AND EXISTS (SELECT FROM task)
  RETURNING id, claims
), said AS (
  INSERT INTO user_7.job_timeline (job_id, task, at, from_status, to_status, cause, attempt)
  SELECT %(job)s::int, l.task,
    coalesce((SELECT at FROM task), clock_timestamp()) - l.ago_s * interval '1 second', l.before, l.after,
    l.cause,
    coalesce(d.claims, l.attempt)
  FROM jsonb_to_recordset(%(lines)s) AS l (part text, id int, task text, ago_s float8, before text, after text,
    cause text, attempt int) LEFT JOIN inner_done d ON d.id = l.id
  WHERE CASE l.part WHEN 'own' THEN EXISTS (SELECT FROM task)
    WHEN 'settled' THEN EXISTS (SELECT FROM settled)
    WHEN 'begun' THEN EXISTS (SELECT FROM task) AND (SELECT status = 'pending' FROM was)
    WHEN 'inner' THEN d.id IS NOT NULL  END
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

-- a job as its worker reads it
SELECT j.id, j.marketplace, public.action_code(j.action_type_id) AS action, j.request_id, j.status, j.max_retries,
       j.input_data, j.traceparent, j.product_id, j.cancel_requested, j.acted,
       coalesce(extract(epoch FROM clock_timestamp() - j.started_at), 0) AS age_s,
       c.external_id AS account_id, c.settings AS account_settings, c.granted,
       (c.watermarks ->> public.action_code(j.action_type_id))::timestamptz AS since,
       coalesce(j.not_before > clock_timestamp(), false) OR coalesce(c.state <> 'connected', false)
         OR public.is_suspended(%(tenant)s) AS held,
       coalesce(c.resume_at > clock_timestamp(), false) AS resting,
       public.refusal_of(j.marketplace) AS refusal,
       j.folded, j.task_ids, j.fence, extract(epoch FROM clock_timestamp())::float8 AS now_s,
       extract(epoch FROM j.deadline - clock_timestamp())::float8 AS left_s
FROM user_7.marketplace_jobs j
LEFT JOIN user_7.connections c ON c.marketplace = j.marketplace
WHERE j.id = %(job)s

-- a job on a product as its worker reads it
SELECT j.id, j.marketplace, public.action_code(j.action_type_id) AS action, j.request_id, j.status, j.max_retries,
       j.input_data, j.traceparent, j.product_id, j.cancel_requested, j.acted,
       coalesce(extract(epoch FROM clock_timestamp() - j.started_at), 0) AS age_s,
       c.external_id AS account_id, c.settings AS account_settings, c.granted,
       (c.watermarks ->> public.action_code(j.action_type_id))::timestamptz AS since,
       coalesce(j.not_before > clock_timestamp(), false) OR coalesce(c.state <> 'connected', false)
         OR public.is_suspended(%(tenant)s) AS held,
       coalesce(c.resume_at > clock_timestamp(), false) AS resting,
       public.refusal_of(j.marketplace) AS refusal,
       j.folded, j.task_ids, j.fence, extract(epoch FROM clock_timestamp())::float8 AS now_s,
       extract(epoch FROM j.deadline - clock_timestamp())::float8 AS left_s,
       coalesce(l.external_id, '') AS listing_id, coalesce(l.visible, false) AS listing_visible,
       l.photos AS listing_photos,
       (SELECT r.sku FROM user_7.remote_listings r
          WHERE r.marketplace = j.marketplace AND r.external_id = l.external_id) AS listing_sku,
       to_jsonb(p) - 'created_at' - 'updated_at' AS product,
       (SELECT jsonb_agg(jsonb_build_array(i.position, i.path) ORDER BY i.position)
          FROM user_7.product_images i WHERE i.product_id = j.product_id) AS images
FROM user_7.marketplace_jobs j
LEFT JOIN user_7.connections c ON c.marketplace = j.marketplace
LEFT JOIN user_7.products p ON p.id = j.product_id
LEFT JOIN user_7.listings l ON l.product_id = j.product_id AND l.marketplace = j.marketplace
WHERE j.id = %(job)s

-- close
WITH job AS (
  UPDATE user_7.marketplace_jobs j
  SET status = %(status)s::text, (completed_at, started_at) = (
        SELECT now.at, coalesce(j.started_at, now.at - %(begun_ago_s)s::float8 * interval '1 second')
        FROM (SELECT clock_timestamp() AS at) AS now),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s,
      waiting = NULL, told = NOT j.told
  WHERE j.id = %(job)s AND j.status = %(before)s AND (j.acted OR NOT j.cancel_requested)
    AND public.is_owned_under(%(tenant)s, %(epoch)s)   
  RETURNING j.completed_at AS at, j.cancel_requested, public.tell_job_change(%(tenant)s, %(status)s::text, j.id, j.marketplace, j.action_type_id, j.product_id, j.batch_job_id)
), said AS (
  INSERT INTO user_7.job_timeline (job_id, task, at, from_status, to_status, cause, attempt)
  SELECT %(job)s::int, l.task,
    coalesce((SELECT at FROM job), clock_timestamp()) - l.ago_s * interval '1 second', l.before, l.after,
    CASE WHEN l.part = 'own' AND (SELECT cancel_requested FROM job) THEN 'cancel came too late' ELSE l.cause END,
    coalesce(l.attempt)
  FROM jsonb_to_recordset(%(lines)s) AS l (part text, id int, task text, ago_s float8, before text, after text,
    cause text, attempt int)
  WHERE CASE l.part WHEN 'own' THEN EXISTS (SELECT FROM job)
    
    
      END
)
SELECT EXISTS (SELECT FROM job) AS granted

-- close of what failed, with what went before
WITH settled AS (
  UPDATE user_7.marketplace_tasks
  SET status = 'completed', output = %(after_output)s, claimed_by = NULL, deadline = NULL, look_at = NULL,
      completed_at = clock_timestamp() - %(after_ago_s)s::float8 * interval '1 second', error = NULL, error_kind = NULL
  WHERE id = %(after)s AND status = 'running' AND claims = %(after_claims)s
  RETURNING id
), job AS (
  UPDATE user_7.marketplace_jobs j
  SET status = %(status)s::text, (completed_at, started_at) = (
        SELECT now.at, coalesce(j.started_at, now.at - %(begun_ago_s)s::float8 * interval '1 second')
        FROM (SELECT clock_timestamp() AS at) AS now),
      result_data = %(result)s, error_message = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s,
      waiting = NULL, told = NOT j.told
  WHERE j.id = %(job)s AND j.status = %(before)s AND (j.acted OR NOT j.cancel_requested)
    AND public.is_owned_under(%(tenant)s, %(epoch)s) AND (j.status = 'running'
      OR NOT EXISTS (SELECT  FROM user_7.marketplace_jobs ahead
      WHERE ahead.marketplace = j.marketplace AND ahead.product_id = j.product_id AND ahead.id < j.id
        AND ahead.status IN ('pending', 'running')) AND NOT EXISTS (SELECT  FROM user_7.marketplace_jobs late
      WHERE late.marketplace = j.marketplace AND late.product_id = j.product_id AND late.id < j.id
        AND late.late_until > clock_timestamp())) AND EXISTS (SELECT FROM settled) AND NOT EXISTS (
      SELECT FROM user_7.marketplace_tasks b
      WHERE b.job_id = j.id AND b.status = 'running' AND b.id IS DISTINCT FROM %(after)s::int)
  RETURNING j.completed_at AS at, j.cancel_requested, public.tell_job_change(%(tenant)s, %(status)s::text, j.id, j.marketplace, j.action_type_id, j.product_id, j.batch_job_id)
), inner_done AS (
  UPDATE user_7.marketplace_tasks
  SET status = 'completed', output = %(inner)s::jsonb -> id::text -> 'output',
      input_digest = %(inner)s::jsonb -> id::text ->> 'digest', claims = claims + 1,
      started_at = (SELECT at FROM job)
        - (%(inner)s::jsonb -> id::text ->> 'started_ago_s')::float8 * interval '1 second',
      completed_at = (SELECT at FROM job)
        - (%(inner)s::jsonb -> id::text ->> 'completed_ago_s')::float8 * interval '1 second'
  WHERE id = ANY(%(inner_ids)s::int[]) AND job_id = %(job)s AND status = 'pending' AND EXISTS (SELECT FROM job)
  RETURNING id, claims
), failed AS (
  UPDATE user_7.marketplace_tasks t
  SET status = 'failed', claims = t.claims + 1, completed_at = (SELECT at FROM job),
      started_at = coalesce(t.started_at, (SELECT at FROM job) - %(last_ago_s)s::float8 * interval '1 second'),
      error = %(reason)s, error_kind = %(kind)s, error_fields = %(fields)s
  WHERE t.id = %(failed_task)s AND t.job_id = %(job)s AND t.status = 'pending' AND EXISTS (SELECT FROM job)
  RETURNING t.claims
), said AS (
  INSERT INTO user_7.job_timeline (job_id, task, at, from_status, to_status, cause, attempt, detail)
  SELECT %(job)s::int, l.task,
    coalesce((SELECT at FROM job), clock_timestamp()) - l.ago_s * interval '1 second', l.before, l.after,
    CASE WHEN l.part = 'own' AND (SELECT cancel_requested FROM job) THEN 'cancel came too late' ELSE l.cause END,
    coalesce(d.claims, f.claims, l.attempt),
    CASE WHEN l.after = 'failed' THEN %(detail)s::jsonb END
  FROM jsonb_to_recordset(%(lines)s) AS l (part text, id int, task text, ago_s float8, before text, after text,
    cause text, attempt int) LEFT JOIN inner_done d ON d.id = l.id LEFT JOIN failed f ON l.part = 'failed'
  WHERE CASE l.part WHEN 'own' THEN EXISTS (SELECT FROM job)
    WHEN 'settled' THEN EXISTS (SELECT FROM settled)
    WHEN 'begun' THEN EXISTS (SELECT FROM job)
    WHEN 'inner' THEN d.id IS NOT NULL WHEN 'failed' THEN f.claims IS NOT NULL END
)
SELECT EXISTS (SELECT FROM job) AS granted, EXISTS (SELECT FROM settled) AS settled
