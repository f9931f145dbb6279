-- CLAIM
UPDATE {s}.marketplace_jobs j
SET folded = %(document)s::jsonb, fence = j.fence + 1, claimed_by = %(holder)s,
    deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second'[[begun]]
WHERE j.id = %(job)s AND j.fence = %(fence)s AND j.folded IS NOT NULL AND j.status = %(before)s
  AND NOT j.cancel_requested AND %(fits)s
  AND (j.not_before IS NULL OR j.not_before <= clock_timestamp()) AND (j.status = 'running' OR j.expires_at IS NULL OR j.expires_at > clock_timestamp())
    AND public.may_begin(%(tenant)s, %(epoch)s, %(process)s)
    AND NOT EXISTS (
      SELECT FROM {s}.connections c WHERE c.marketplace = %(marketplace)s AND (c.state <> 'connected' OR c.resume_at > clock_timestamp()))
  [[in line]] [[undisturbed]] 
RETURNING true AS granted[[told]]

-- CLAIM_PACED
WITH was AS MATERIALIZED (
  SELECT j.id FROM {s}.marketplace_jobs j WHERE j.id = %(job)s AND j.fence = %(fence)s AND j.folded IS NOT NULL AND j.status = %(before)s
  AND NOT j.cancel_requested AND %(fits)s
  AND (j.not_before IS NULL OR j.not_before <= clock_timestamp()) AND (j.status = 'running' OR j.expires_at IS NULL OR j.expires_at > clock_timestamp())
    AND public.may_begin(%(tenant)s, %(epoch)s, %(process)s)
    AND NOT EXISTS (
      SELECT FROM {s}.connections c WHERE c.marketplace = %(marketplace)s AND (c.state <> 'connected' OR c.resume_at > clock_timestamp()))
  [[in line]] [[undisturbed]] FOR UPDATE OF j
), pace AS (
  INSERT INTO public.pace AS p (tenant, marketplace, action, next_at)
  SELECT %(tenant)s, %(marketplace)s, %(action)s, clock_timestamp() + %(pace_s)s::float8 * interval '1 second' FROM was
  ON CONFLICT (tenant, marketplace, action) DO UPDATE
    SET next_at = greatest(EXCLUDED.next_at, p.next_at + %(pace_s)s::float8 * interval '1 second')
    WHERE p.next_at <= clock_timestamp() + %(slack_s)s::float8 * interval '1 second'
  RETURNING 1
)
UPDATE {s}.marketplace_jobs j
SET folded = %(document)s::jsonb, fence = j.fence + 1, claimed_by = %(holder)s,
    deadline = clock_timestamp() + %(deadline_s)s::float8 * interval '1 second'[[begun]]
WHERE j.id = %(job)s AND j.fence = %(fence)s AND j.folded IS NOT NULL AND j.status = %(before)s
  AND NOT j.cancel_requested AND %(fits)s
  AND (j.not_before IS NULL OR j.not_before <= clock_timestamp()) AND (j.status = 'running' OR j.expires_at IS NULL OR j.expires_at > clock_timestamp())
    AND public.may_begin(%(tenant)s, %(epoch)s, %(process)s)
    AND NOT EXISTS (
      SELECT FROM {s}.connections c WHERE c.marketplace = %(marketplace)s AND (c.state <> 'connected' OR c.resume_at > clock_timestamp()))
  [[in line]] [[undisturbed]] AND EXISTS (SELECT FROM pace)
RETURNING true AS granted[[told]]

-- CLOSE
UPDATE {s}.marketplace_jobs j
SET folded = %(document)s::jsonb, fence = j.fence + 1, claimed_by = NULL, deadline = NULL, status = 'completed',
    completed_at = clock_timestamp(), started_at = coalesce(j.started_at, to_timestamp(%(began)s)),
    result_data = %(result)s, error_message = NULL, error_kind = NULL, error_fields = NULL, waiting = NULL,
    told = NOT j.told
WHERE j.id = %(job)s AND j.fence = %(fence)s AND j.folded IS NOT NULL AND j.status = %(before)s
  AND NOT j.cancel_requested AND %(fits)s AND public.is_owned_under(%(tenant)s, %(epoch)s) [[in line]]
RETURNING true AS granted, public.tell_job_change(%(tenant)s, 'completed', j.id, j.marketplace, j.action_type_id, j.product_id, j.batch_job_id)

-- UNFOLD
SELECT public.unfold('{s}', %(jobs)s::int[]) AS unfolded

-- UNFOLD_UNFINISHED
SELECT public.unfold('{s}', ARRAY(
  SELECT j.id FROM {s}.marketplace_jobs j
  WHERE j.id = ANY(%(jobs)s::int[]) AND j.folded IS NOT NULL AND j.status IN ('pending', 'running')))
