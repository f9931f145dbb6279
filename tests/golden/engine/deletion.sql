-- DELETE
UPDATE {s}.products SET deleted_at = clock_timestamp() WHERE id = %(product)s

-- PLACES
SELECT marketplace FROM {s}.listings WHERE product_id = %(product)s AND visible
UNION SELECT marketplace FROM {s}.marketplace_jobs WHERE product_id = %(product)s AND status IN ('pending', 'running')
ORDER BY marketplace

-- WAITING
SELECT id FROM {s}.marketplace_jobs
WHERE product_id = %(product)s AND status = 'pending' AND NOT acted AND NOT cancel_requested ORDER BY id
