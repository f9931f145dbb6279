"""What every settle of a page of an account begins and ends with: the fence, and the task that follows."""

FENCE = """fence AS MATERIALIZED (
  SELECT t.id, t.job_id, t.name, t.claims FROM {s}.marketplace_tasks t
  WHERE t.id = %(task)s AND t.status = 'running' AND t.claims = %(claims)s FOR UPDATE
), job AS MATERIALIZED (
  SELECT j.id, j.marketplace, j.started_at, a.code AS action
  FROM fence JOIN {s}.marketplace_jobs j ON j.id = fence.job_id
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id FOR UPDATE OF j
)"""

# Ends both: `counts` is a row of what the output is to say beside what the step said. What the output names one by
# one, the timeline names too, and so do the log and the seller's open pages.
ENDING = """task AS (
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
SELECT named.things AS named FROM task, named"""

ENDED = (
    "external_id = NULL, visible = false, url = NULL, photos = NULL, quantity = NULL, updated_at = clock_timestamp()"
)
