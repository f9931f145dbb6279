-- GRANTED
SELECT granted FROM {s}.connections WHERE marketplace = %(marketplace)s

-- WAIT
UPDATE {s}.marketplace_tasks t
SET not_before = clock_timestamp() + %(wait_s)s::float8 * interval '1 second', error = %(reason)s,
    error_kind = %(kind)s
WHERE t.id = %(task)s AND t.claims = %(claims)s AND t.status = 'pending' RETURNING id
