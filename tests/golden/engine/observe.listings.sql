-- SETTLE_LISTINGS
WITH fence AS MATERIALIZED (
  SELECT t.id, t.job_id, t.name, t.claims FROM {s}.marketplace_tasks t
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s FOR UPDATE
), job AS MATERIALIZED (
  SELECT j.id, j.marketplace, j.started_at, a.code AS action
  FROM fence JOIN {s}.marketplace_jobs j ON j.id = fence.job_id
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id FOR UPDATE OF j
), seen AS MATERIALIZED (
  SELECT DISTINCT ON (g.external_id) g.*, job.id AS job, job.marketplace, l.id AS listing,
    coalesce(l.product_id, r.product_id, p.id) AS product_id, r.external_id IS NULL AND l.id IS NULL AS is_new,
    r.external_id IS NOT NULL AND coalesce(l.updated_at < r.seen_at, true)
      AND ((r.title, r.price) IS DISTINCT FROM (g.title, g.price) OR g.quantity > r.quantity
        OR (r.state <> g.state AND NOT 'sold' IN (r.state, g.state))) AS is_changed,
    r.state AS was, l.quantity AS showed
  FROM job CROSS JOIN jsonb_to_recordset(%(listings)s) AS g(external_id text, state text, title text,
    price numeric(12, 2), currency text, quantity int, url text, sku text, product int)
  LEFT JOIN {s}.listings l ON l.marketplace = job.marketplace AND l.external_id = g.external_id
  LEFT JOIN {s}.remote_listings r ON r.marketplace = job.marketplace AND r.external_id = g.external_id
  LEFT JOIN {s}.products p ON p.id = g.product AND p.deleted_at IS NULL
  ORDER BY g.external_id
), gone_with AS MATERIALIZED (
  SELECT p.id, p.stock_quantity, least(p.stock_quantity, CASE WHEN seen.was = 'sold' THEN 0
    ELSE coalesce(seen.showed, CASE WHEN NOT EXISTS (
      SELECT FROM {s}.order_lines o
      WHERE o.product_id = p.id AND o.spread IN (true, false) AND o.marketplace = seen.marketplace
        AND o.listing_id = seen.external_id) THEN p.stock_quantity ELSE 0 END) END) AS took
  FROM seen JOIN {s}.products p ON p.id = seen.product_id
  WHERE seen.listing IS NOT NULL AND seen.state = 'sold' ORDER BY p.id FOR NO KEY UPDATE OF p
), remote AS (
  INSERT INTO {s}.remote_listings AS r
    (marketplace, external_id, product_id, state, title, price, currency, quantity, url, sku, seen_by, took)
  SELECT marketplace, external_id, product_id, state, title, price, currency, quantity, url, sku, job,
    (SELECT g.took FROM gone_with g WHERE g.id = seen.product_id AND listing IS NOT NULL AND state = 'sold')
  FROM seen
  ON CONFLICT (marketplace, external_id) DO UPDATE
    SET product_id = coalesce(EXCLUDED.product_id, r.product_id), state = EXCLUDED.state, title = EXCLUDED.title,
        price = EXCLUDED.price, currency = EXCLUDED.currency, quantity = EXCLUDED.quantity, url = EXCLUDED.url,
        sku = EXCLUDED.sku, seen_by = EXCLUDED.seen_by, seen_at = clock_timestamp(),
        took = CASE WHEN EXCLUDED.state <> 'sold' THEN NULL WHEN r.state = 'sold' THEN r.took
                    ELSE coalesce(EXCLUDED.took, 0) END,
        edited_at = CASE WHEN EXISTS (SELECT FROM seen WHERE seen.external_id = r.external_id AND seen.is_changed)
                         THEN clock_timestamp() ELSE r.edited_at END
), linked AS (
  INSERT INTO {s}.listings AS l (product_id, marketplace, external_id, visible, url, quantity, job_id)
  SELECT DISTINCT ON (product_id) product_id, marketplace, external_id, true, url, quantity, job FROM seen AS l
  WHERE product_id IS NOT NULL AND listing IS NULL AND state = 'for_sale' AND NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs b
    WHERE b.product_id = l.product_id AND b.marketplace = l.marketplace AND b.status IN ('pending', 'running')) ORDER BY product_id, external_id
  ON CONFLICT (product_id, marketplace) DO UPDATE
    SET external_id = EXCLUDED.external_id, visible = true, url = EXCLUDED.url, quantity = EXCLUDED.quantity,
        job_id = EXCLUDED.job_id, updated_at = clock_timestamp()
    WHERE l.external_id IS NULL
  RETURNING l.id
), shown AS (
  UPDATE {s}.listings l
  SET visible = (seen.state = 'for_sale'), quantity = greatest(l.quantity, seen.quantity), job_id = seen.job,
      updated_at = clock_timestamp()
  FROM seen
  WHERE l.product_id = seen.product_id AND l.marketplace = seen.marketplace AND l.id = seen.listing
    AND seen.state <> 'sold' AND l.visible <> (seen.state = 'for_sale') AND NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs b
    WHERE b.product_id = l.product_id AND b.marketplace = l.marketplace AND b.status IN ('pending', 'running'))
), raised AS (
  UPDATE {s}.listings l SET quantity = seen.quantity
  FROM seen
  WHERE l.product_id = seen.product_id AND l.marketplace = seen.marketplace AND l.id = seen.listing
    AND seen.state <> 'sold' AND l.visible = (seen.state = 'for_sale') AND coalesce(l.quantity, 0) < seen.quantity
    AND NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs b
    WHERE b.product_id = l.product_id AND b.marketplace = l.marketplace AND b.status IN ('pending', 'running'))
), sold AS (
  UPDATE {s}.products p SET stock_quantity = gone_with.stock_quantity - took, updated_at = clock_timestamp(),
    status = CASE WHEN gone_with.stock_quantity = took THEN 'sold' ELSE p.status END
  FROM gone_with WHERE p.id = gone_with.id AND took > 0 RETURNING p.id
), vanished AS (
  SELECT l.id, l.external_id, l.product_id, l.marketplace FROM {s}.listings l, job
  WHERE l.marketplace = job.marketplace AND l.external_id = ANY(%(gone)s::text[]) AND NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs b
    WHERE b.product_id = l.product_id AND b.marketplace = l.marketplace AND b.status IN ('pending', 'running'))
), heir AS (
  SELECT v.id, v.product_id, min(r.external_id) AS external_id, min(r.url) AS url,
    min(r.quantity) AS quantity
  FROM vanished v JOIN {s}.remote_listings r ON r.marketplace = v.marketplace AND r.product_id = v.product_id
  WHERE r.state = 'for_sale' AND r.external_id <> ALL(%(gone)s::text[]) AND NOT EXISTS (
    SELECT FROM {s}.listings o WHERE o.marketplace = r.marketplace AND o.external_id = r.external_id)
  GROUP BY v.id, v.product_id HAVING count(*) = 1
), followed AS (
  UPDATE {s}.listings l
  SET external_id = heir.external_id, url = heir.url, visible = true, photos = NULL, quantity = heir.quantity,
      job_id = job.id, updated_at = clock_timestamp()
  FROM job, heir WHERE l.product_id = heir.product_id AND l.marketplace = job.marketplace AND l.id = heir.id
), ended AS (
  UPDATE {s}.listings l SET external_id = NULL, visible = false, url = NULL, photos = NULL, quantity = NULL, updated_at = clock_timestamp(), job_id = job.id
  FROM job WHERE (l.id IN (SELECT id FROM vanished) AND l.id NOT IN (SELECT id FROM heir))
    OR (l.id IN (SELECT listing FROM seen WHERE state = 'sold') AND NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs b
    WHERE b.product_id = l.product_id AND b.marketplace = l.marketplace AND b.status IN ('pending', 'running')))
), gone AS (
  UPDATE {s}.remote_listings r SET state = 'gone', seen_at = clock_timestamp()
  FROM job WHERE r.marketplace = job.marketplace AND r.external_id = ANY(%(gone)s::text[]) AND r.state <> 'gone'
  RETURNING r.external_id
), expected AS (
  SELECT l.external_id, l.product_id AS product, '' AS sku FROM {s}.listings l, job
  WHERE %(complete)s AND l.marketplace = job.marketplace AND l.external_id IS NOT NULL AND l.visible
    AND l.updated_at < job.started_at AND NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs b
    WHERE b.product_id = l.product_id AND b.marketplace = l.marketplace AND b.status IN ('pending', 'running'))
  UNION ALL
  SELECT l.external_id, l.product_id, l.sku FROM {s}.remote_listings l, job
  WHERE %(complete)s AND l.marketplace = job.marketplace AND l.state IN ('for_sale', 'hidden')
    AND l.seen_at < job.started_at AND NOT EXISTS (
    SELECT FROM {s}.marketplace_jobs b
    WHERE b.product_id = l.product_id AND b.marketplace = l.marketplace AND b.status IN ('pending', 'running'))
), missing AS (
  SELECT DISTINCT ON (external_id) * FROM expected
  WHERE external_id NOT IN (SELECT external_id FROM seen)
    AND NOT EXISTS (SELECT FROM {s}.remote_listings r, job WHERE r.marketplace = job.marketplace
                      AND r.external_id = expected.external_id AND r.seen_by = job.id)
  ORDER BY external_id, sku DESC
), counts AS (
  SELECT count(*) AS seen, count(*) FILTER (WHERE is_new) AS new, count(*) FILTER (WHERE is_changed) AS changed,
    (SELECT count(*) FROM linked) AS linked, (SELECT count(*) FROM sold) AS sold,
    (SELECT count(*) FROM (SELECT external_id FROM vanished UNION SELECT external_id FROM gone) AS g) AS vanished,
    coalesce((SELECT jsonb_agg(missing) FROM missing), '[]') AS missing
  FROM seen
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = 'completed', output = %(output)s::jsonb || to_jsonb(counts), completed_at = clock_timestamp(),
      claimed_by = NULL, deadline = NULL, look_at = NULL, error = NULL, error_kind = NULL
  FROM fence, counts WHERE t.id = fence.id RETURNING t.job_id, t.name, t.claims, t.position, t.output
), named AS (
  SELECT jsonb_object_agg(each.key, each.value) AS things FROM task CROSS JOIN jsonb_each(task.output) AS each
  WHERE each.key = ANY(%(named)s::text[]) AND each.value <> '[]'
), follows AS (
  INSERT INTO {s}.marketplace_tasks (job_id, name, position, kind, paced, status, created_at)
  SELECT job_id, %(then)s, position + 1, %(then_kind)s, %(then_paced)s, 'pending', clock_timestamp() FROM task
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', 'completed', %(cause)s, claims, named.things FROM task, named
)
SELECT named.things AS named FROM task, named

-- SETTLE_ORDERS
WITH fence AS MATERIALIZED (
  SELECT t.id, t.job_id, t.name, t.claims FROM {s}.marketplace_tasks t
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s FOR UPDATE
), job AS MATERIALIZED (
  SELECT j.id, j.marketplace, j.started_at, a.code AS action
  FROM fence JOIN {s}.marketplace_jobs j ON j.id = fence.job_id
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id FOR UPDATE OF j
), given AS (
  SELECT DISTINCT ON (g.external_id) g.* FROM job, jsonb_to_recordset(%(orders)s) AS g(external_id text, state text,
    ordered_at timestamptz, total numeric(12, 2), currency text) ORDER BY g.external_id
), was AS MATERIALIZED (
  SELECT o.external_id, o.state FROM given CROSS JOIN job
  JOIN {s}.orders o ON o.marketplace = job.marketplace AND o.external_id = given.external_id
), known AS (
  INSERT INTO {s}.orders AS o (marketplace, external_id, state, ordered_at, total, currency, job_id)
  SELECT job.marketplace, given.*, job.id FROM given, job
  ON CONFLICT (marketplace, external_id) DO UPDATE SET state = EXCLUDED.state, updated_at = clock_timestamp()
    WHERE o.state <> EXCLUDED.state
  RETURNING marketplace, external_id, state, ordered_at, created_at, xmax = 0 AS is_new
), turned AS (
  SELECT l.product_id, sum(CASE WHEN known.state = 'cancelled' THEN - l.quantity ELSE l.quantity END) AS quantity
  FROM known JOIN was USING (external_id)
  JOIN {s}.order_lines l ON l.marketplace = known.marketplace AND l.order_id = known.external_id
  JOIN {s}.products p ON p.id = l.product_id
  WHERE NOT coalesce(known.ordered_at < p.created_at - interval '1 minute', false) AND (known.state = 'cancelled') <> (was.state = 'cancelled')
  GROUP BY l.product_id
), told AS MATERIALIZED (
  SELECT DISTINCT ON (g.order_id, g.line_id) job.marketplace, g.order_id, g.line_id, g.listing_id,
    coalesce(l.product_id, r.product_id, p.id) AS product_id, g.sku, g.title, g.quantity, g.amount,
    CASE WHEN r.state = 'sold' THEN coalesce(r.took, 2147483647) ELSE 0 END AS accounted,
    coalesce(given.ordered_at < sold.created_at - interval '1 minute', false) AS is_older, l.quantity AS offered,
    l.quantity > 1 AND coalesce(given.ordered_at < l.updated_at - interval '1 second', false) AS is_put_back
  FROM job CROSS JOIN jsonb_to_recordset(%(lines)s) AS g(order_id text, line_id text, listing_id text, sku text,
    title text, quantity int, amount numeric(12, 2), product int)
  LEFT JOIN {s}.listings l ON l.marketplace = job.marketplace AND l.external_id = g.listing_id
  LEFT JOIN {s}.remote_listings r ON r.marketplace = job.marketplace AND r.external_id = g.listing_id
  LEFT JOIN {s}.products p ON p.id = g.product
  LEFT JOIN {s}.products sold ON sold.id = coalesce(l.product_id, r.product_id, p.id)
  LEFT JOIN given ON given.external_id = g.order_id
  ORDER BY g.order_id, g.line_id
), lines AS (
  INSERT INTO {s}.order_lines (marketplace, order_id, line_id, listing_id, product_id, sku, title, quantity, amount)
  SELECT marketplace, order_id, line_id, listing_id, product_id, sku, title, quantity, amount FROM told
  ON CONFLICT (marketplace, order_id, line_id) DO NOTHING
  RETURNING order_id, line_id, product_id, quantity, listing_id
), by_listing AS (
  SELECT lines.product_id, lines.listing_id, sum(lines.quantity) AS quantity, max(told.accounted) AS accounted,
    greatest(0, max(told.offered) - coalesce(sum(lines.quantity) FILTER (WHERE NOT told.is_put_back), 0)) AS still_there
  FROM lines JOIN told USING (order_id, line_id) WHERE lines.product_id IS NOT NULL AND NOT told.is_older
  GROUP BY lines.product_id, lines.listing_id
), taken AS (
  SELECT product_id, sum(greatest(0, quantity - accounted)) AS quantity FROM by_listing GROUP BY product_id
), bought AS MATERIALIZED (
  SELECT p.id, p.stock_quantity AS before, coalesce(taken.quantity, 0) AS quantity,
    coalesce(turned.quantity, 0) AS turned
  FROM taken FULL JOIN turned USING (product_id) JOIN {s}.products p ON p.id = product_id
  WHERE taken.quantity > 0 OR turned.quantity <> 0 ORDER BY p.id FOR NO KEY UPDATE OF p
), left_over AS (
  UPDATE {s}.products p
  SET stock_quantity = greatest(0, before - quantity), updated_at = clock_timestamp(),
      oversold = p.oversold + turned + greatest(0, quantity - before),
      status = CASE WHEN quantity > 0 AND before <= quantity THEN 'sold' ELSE p.status END
  FROM bought WHERE p.id = bought.id
  RETURNING p.id, p.title, p.oversold, p.restocked_at, p.created_at, quantity > before AND p.oversold > 0 AS is_short,
    quantity > 0 AND p.stock_quantity = 0 AS is_sold
), sold_from AS MATERIALIZED (
  SELECT by_listing.*, coalesce(left_over.is_sold, false) AND still_there = 0 AS is_sold_out
  FROM by_listing LEFT JOIN left_over ON left_over.id = by_listing.product_id
), ended AS (
  UPDATE {s}.listings l SET external_id = NULL, visible = false, url = NULL, photos = NULL, quantity = NULL, updated_at = clock_timestamp(), job_id = job.id
  FROM job, sold_from
  WHERE l.product_id = sold_from.product_id AND l.marketplace = job.marketplace
    AND l.external_id = sold_from.listing_id AND is_sold_out
), lowered AS (
  UPDATE {s}.listings l SET quantity = still_there
  FROM job, sold_from
  WHERE l.product_id = sold_from.product_id AND l.marketplace = job.marketplace
    AND l.external_id = sold_from.listing_id AND NOT is_sold_out AND l.quantity > still_there
), remote AS (
  UPDATE {s}.remote_listings r SET state = CASE WHEN is_sold_out THEN 'sold' ELSE r.state END,
    took = CASE WHEN r.state = 'sold' AND r.took IS NULL THEN NULL
                WHEN r.state = 'sold' THEN greatest(0, r.took - sold_from.quantity)
                WHEN is_sold_out THEN 0 END,
    seen_at = CASE WHEN is_sold_out THEN clock_timestamp() ELSE r.seen_at END
  FROM job CROSS JOIN sold_from
  WHERE r.marketplace = job.marketplace AND r.external_id = sold_from.listing_id
    AND (is_sold_out OR r.state = 'sold')
), short AS (
  SELECT id, oversold, restocked_at, title, created_at FROM left_over WHERE is_short
), rivals AS (
  SELECT line.product_id, line.marketplace, line.order_id, coalesce(known.ordered_at, o.ordered_at) AS ordered_at,
    coalesce(known.created_at, o.created_at) AS created_at, sum(line.quantity) AS quantity
  FROM (
    SELECT l.product_id, l.marketplace, l.order_id, l.quantity, short.created_at AS made_at
    FROM short JOIN {s}.order_lines l ON l.product_id = short.id AND l.spread IN (true, false)
    UNION ALL
    SELECT lines.product_id, job.marketplace, lines.order_id, lines.quantity, short.created_at
    FROM job CROSS JOIN lines JOIN short ON short.id = lines.product_id
  ) AS line
  LEFT JOIN known ON known.marketplace = line.marketplace AND known.external_id = line.order_id
  LEFT JOIN {s}.orders o ON o.marketplace = line.marketplace AND o.external_id = line.order_id
  WHERE coalesce(known.state, o.state) <> 'cancelled'
    AND NOT coalesce(coalesce(known.ordered_at, o.ordered_at) < line.made_at - interval '1 minute', false)
  GROUP BY 1, 2, 3, 4, 5
), ranked AS MATERIALIZED (
  SELECT rivals.*, short.oversold, row_number() OVER later AS place, sum(rivals.quantity) OVER later AS until_then,
    short.restocked_at IS NULL OR rivals.created_at > short.restocked_at AS shares
  FROM rivals JOIN short ON short.id = rivals.product_id
  WINDOW later AS (PARTITION BY rivals.product_id ORDER BY coalesce(rivals.ordered_at, rivals.created_at) DESC,
    rivals.created_at DESC, rivals.marketplace DESC, rivals.order_id DESC)
), oversales AS (
  SELECT late.product_id, late.marketplace, late.order_id, late.ordered_at, (
    SELECT jsonb_agg(jsonb_build_object('marketplace', early.marketplace, 'order_id', early.order_id,
      'ordered_at', early.ordered_at) ORDER BY early.place DESC)
    FROM ranked early WHERE early.product_id = late.product_id AND early.shares
      AND early.place > late.place AND early.place <= late.place + %(named_with)s) AS shared_with
  FROM ranked late WHERE late.until_then - late.quantity < late.oversold
), counts AS (
  SELECT (SELECT count(*) FROM known WHERE is_new) AS orders,
    (SELECT count(*) FROM left_over WHERE is_sold) AS sold,
    (SELECT count(*) FROM left_over WHERE is_short) AS oversold,
    (SELECT count(*) FROM lines WHERE product_id IS NULL) AS unknown,
    coalesce((SELECT jsonb_agg(jsonb_build_object('product_id', product_id, 'title', title, 'marketplace', marketplace,
       'order_id', order_id, 'ordered_at', ordered_at, 'with', shared_with) ORDER BY product_id, ordered_at, order_id)
     FROM oversales JOIN short ON short.id = oversales.product_id WHERE shared_with IS NOT NULL), '[]') AS oversales
), watermark AS (
  UPDATE {s}.connections c SET watermarks = CASE
    WHEN (NOT %(output)s::jsonb ? 'unread' AND NOT EXISTS (
      SELECT FROM {s}.marketplace_tasks k WHERE k.job_id = job.id AND k.output ? 'unread')) OR (c.watermarks ->> (job.action || ' unread'))::timestamptz
        < clock_timestamp() - %(unread_s)s::float8 * interval '1 second'
      THEN (c.watermarks - (job.action || ' unread')) || jsonb_build_object(job.action, job.started_at)
    ELSE jsonb_build_object(job.action || ' unread', job.started_at) || c.watermarks END
  FROM job WHERE %(complete)s AND c.marketplace = job.marketplace
), task AS (
  UPDATE {s}.marketplace_tasks t
  SET status = 'completed', output = %(output)s::jsonb || to_jsonb(counts), completed_at = clock_timestamp(),
      claimed_by = NULL, deadline = NULL, look_at = NULL, error = NULL, error_kind = NULL
  FROM fence, counts WHERE t.id = fence.id RETURNING t.job_id, t.name, t.claims, t.position, t.output
), named AS (
  SELECT jsonb_object_agg(each.key, each.value) AS things FROM task CROSS JOIN jsonb_each(task.output) AS each
  WHERE each.key = ANY(%(named)s::text[]) AND each.value <> '[]'
), follows AS (
  INSERT INTO {s}.marketplace_tasks (job_id, name, position, kind, paced, status, created_at)
  SELECT job_id, %(then)s, position + 1, %(then_kind)s, %(then_paced)s, 'pending', clock_timestamp() FROM task
), said AS (
  INSERT INTO {s}.job_timeline (job_id, task, from_status, to_status, cause, attempt, detail)
  SELECT job_id, name, 'running', 'completed', %(cause)s, claims, named.things FROM task, named
)
SELECT named.things AS named FROM task, named
