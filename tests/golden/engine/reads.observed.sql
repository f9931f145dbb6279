-- LISTINGS
SELECT external_id, product_id, state, title, price, currency, quantity, url, sku, first_seen_at, seen_at, edited_at
FROM {s}.remote_listings
WHERE marketplace = %(marketplace)s AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(linked)s::bool IS NULL OR (product_id IS NOT NULL) = %(linked)s)
  AND (%(after)s::text IS NULL OR external_id > %(after)s)
ORDER BY external_id LIMIT %(limit)s

-- ORDERS
WITH shown AS MATERIALIZED (
  SELECT o.*, (extract(epoch FROM o.created_at) * 1000000)::bigint AS at FROM {s}.orders o
  WHERE o.marketplace = %(marketplace)s AND (%(at)s::bigint IS NULL
    OR ((extract(epoch FROM o.created_at) * 1000000)::bigint, o.external_id) < (%(at)s::bigint, %(before)s::text))
  ORDER BY at DESC, o.external_id DESC LIMIT %(limit)s
), short AS (
  SELECT p.id, p.oversold, p.restocked_at, p.created_at FROM {s}.products p
  WHERE p.oversold > 0 AND p.id IN (
    SELECT l.product_id FROM shown JOIN {s}.order_lines l
      ON l.marketplace = shown.marketplace AND l.order_id = shown.external_id)
), rivals AS (
  SELECT l.product_id, l.marketplace, l.order_id, o.ordered_at, o.created_at, sum(l.quantity) AS quantity
  FROM short JOIN {s}.order_lines l ON l.product_id = short.id
  JOIN {s}.orders o ON o.marketplace = l.marketplace AND o.external_id = l.order_id
  WHERE o.state <> 'cancelled' AND NOT coalesce(o.ordered_at < short.created_at - interval '1 minute', false) GROUP BY 1, 2, 3, 4, 5
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
)
SELECT o.external_id, o.state, o.ordered_at, o.total, o.currency, o.created_at, o.updated_at,
  (SELECT jsonb_agg(l ORDER BY l.line_id) FROM (
     SELECT line_id, listing_id, product_id, sku, title, quantity, amount::text FROM {s}.order_lines
     WHERE marketplace = o.marketplace AND order_id = o.external_id) AS l) AS lines,
  (SELECT jsonb_agg(DISTINCT early.value) FROM oversales CROSS JOIN jsonb_array_elements(shared_with) AS early
    WHERE oversales.marketplace = o.marketplace AND oversales.order_id = o.external_id) AS shares_with
FROM shown o ORDER BY at DESC, o.external_id DESC
