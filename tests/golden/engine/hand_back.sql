-- HAND_BACK
WITH mine AS (
  INSERT INTO public.unknown_tasks AS u (process, marketplace, action, task)
  SELECT p.id, %(marketplace)s::text, %(action)s::text, %(step)s::text
  FROM public.processes p WHERE p.id = %(process)s AND NOT p.dead
  ON CONFLICT (process, marketplace, action, task) DO UPDATE SET task = u.task
  RETURNING u.process, u.marketplace, u.action, u.task, u.since
), pause AS MATERIALIZED (
  SELECT CASE WHEN EXISTS (
    SELECT FROM public.processes w
    WHERE w.kind = 'worker' AND w.id <> mine.process AND NOT w.dead AND w.expires_at > clock_timestamp()
      AND (w.serves IS NULL OR mine.marketplace = ANY(w.serves))
      AND NOT EXISTS (
        SELECT FROM public.unknown_tasks k
        WHERE k.process = w.id
          AND (k.marketplace, k.action, k.task) = (mine.marketplace, mine.action, mine.task))) THEN %(soon_s)s::float8
    ELSE least(%(longest_s)s::float8,
               greatest(%(soon_s)s::float8, extract(epoch FROM clock_timestamp() - mine.since)::float8))
    END AS seconds FROM mine
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET not_before = clock_timestamp() + pause.seconds * interval '1 second',
      look_at = CASE WHEN t.look_at IS NOT NULL THEN clock_timestamp() + pause.seconds * interval '1 second' END
  FROM pause
  WHERE t.id = %(task)s AND t.claims = %(claims)s AND t.status IN ('pending', 'running')
    AND t.claimed_by IS NULL AND t.deadline IS NULL AND (t.status = 'pending' OR t.look_at IS NOT NULL)
  RETURNING t.id
)
SELECT pause.seconds AS delay_s FROM pause, task
