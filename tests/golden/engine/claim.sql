-- RELEASE
UPDATE {s}.marketplace_tasks SET deadline = clock_timestamp()
WHERE id = %(task)s AND status = 'running' AND claims = %(claims)s AND claimed_by = %(holder)s RETURNING id
