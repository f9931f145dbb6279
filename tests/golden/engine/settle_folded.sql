-- SETTLE
UPDATE {s}.marketplace_jobs j SET folded = %(document)s::jsonb, fence = j.fence + 1, claimed_by = NULL, deadline = NULL, acted = j.acted OR %(acted)s WHERE j.id = %(job)s AND j.fence = %(fence)s AND j.folded IS NOT NULL AND j.status = %(before)s
  AND NOT j.cancel_requested AND %(fits)s RETURNING false AS cancelled

-- SETTLE_ENDED
WITH job AS MATERIALIZED (
  SELECT j.id, j.product_id, j.marketplace FROM {s}.marketplace_jobs j WHERE j.id = %(job)s AND j.fence = %(fence)s AND j.folded IS NOT NULL AND j.status = %(before)s
  AND NOT j.cancel_requested AND %(fits)s FOR UPDATE OF j
), remembered AS (
  INSERT INTO {s}.remote_listings (marketplace, external_id, product_id, state, title, price, currency, url)
  SELECT l.marketplace, l.external_id, p.id, 'gone', p.title, p.price, p.currency, coalesce(l.url, '')
  FROM job
  JOIN {s}.listings l ON l.product_id = job.product_id AND l.marketplace = job.marketplace
    AND l.external_id = %(ended)s AND l.visible
  JOIN {s}.products p ON p.id = l.product_id
  ON CONFLICT (marketplace, external_id) DO NOTHING
), listing AS (
  UPDATE {s}.listings l
  SET external_id = NULL, visible = false, url = NULL, photos = NULL, quantity = NULL, job_id = job.id,
      updated_at = clock_timestamp()
  FROM job
  WHERE l.product_id = job.product_id AND l.marketplace = job.marketplace AND l.external_id = %(ended)s
), remote AS (
  UPDATE {s}.remote_listings r SET state = 'gone', seen_at = clock_timestamp()
  FROM job WHERE r.marketplace = job.marketplace AND r.external_id = %(ended)s AND r.state <> 'sold'
)
UPDATE {s}.marketplace_jobs j SET folded = %(document)s::jsonb, fence = j.fence + 1, claimed_by = NULL, deadline = NULL, acted = true FROM job WHERE j.id = job.id
RETURNING false AS cancelled, '' AS external_id

-- SETTLE_LISTED
WITH job AS MATERIALIZED (
  SELECT j.id, j.product_id, j.marketplace FROM {s}.marketplace_jobs j WHERE j.id = %(job)s AND j.fence = %(fence)s AND j.folded IS NOT NULL AND j.status = %(before)s
  AND NOT j.cancel_requested AND %(fits)s FOR UPDATE OF j
), task AS (SELECT %(marker)s::text AS marker), listing AS (
  INSERT INTO {s}.listings AS l (product_id, marketplace, external_id, visible, url, photos, quantity, job_id)
  SELECT product_id, marketplace, %(external_id)s, %(visible)s, %(url)s, %(photos)s, %(quantity)s, id FROM job
  WHERE product_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM {s}.listings o
    WHERE o.marketplace = job.marketplace AND o.external_id = %(external_id)s AND o.product_id <> job.product_id)
  ON CONFLICT (product_id, marketplace) DO UPDATE
    SET external_id = coalesce(nullif(l.external_id, %(replaces)s), EXCLUDED.external_id),
        updated_at = clock_timestamp(),
        visible = CASE WHEN coalesce(nullif(l.external_id, %(replaces)s), EXCLUDED.external_id) = EXCLUDED.external_id
                       THEN EXCLUDED.visible OR l.visible ELSE l.visible END,
        url = coalesce(nullif(EXCLUDED.url, ''), l.url), photos = coalesce(EXCLUDED.photos, l.photos),
        quantity = CASE WHEN coalesce(nullif(l.external_id, %(replaces)s), EXCLUDED.external_id) = EXCLUDED.external_id
                        THEN coalesce(EXCLUDED.quantity, l.quantity) ELSE l.quantity END,
        job_id = EXCLUDED.job_id
  RETURNING external_id, visible
)[[gone]], orphan AS (
  INSERT INTO {s}.strays (job_id, product_id, marketplace, marker, look_after)
  SELECT job.id, job.product_id, job.marketplace, task.marker, clock_timestamp()
  FROM task, job, listing WHERE listing.external_id <> %(external_id)s AND %(marked)s
)
UPDATE {s}.marketplace_jobs j SET folded = %(document)s::jsonb, fence = j.fence + 1, claimed_by = NULL, deadline = NULL, acted = j.acted OR coalesce((SELECT visible FROM listing), false)
FROM job WHERE j.id = job.id
RETURNING false AS cancelled, (SELECT external_id FROM listing) AS external_id
