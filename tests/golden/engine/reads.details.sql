-- COMMANDS
SELECT c.id, t.name AS task, c.claims - coalesce(t.polls, 0) AS attempt, c.seq, c.action, c.deadline, c.sent_at,
  c.answered_at, (c.answer ->> 'success')::bool AS success, nullif(c.answer ->> 'error_code', '') AS error_code,
  nullif(c.answer ->> 'error_message', '') AS error_message
FROM {s}.plugin_commands c LEFT JOIN {s}.marketplace_tasks t ON t.id = c.task_id
WHERE c.job_id = %(job)s ORDER BY c.id DESC LIMIT 200

-- GIVEN
SELECT input_data FROM {s}.marketplace_jobs WHERE id = %(job)s
