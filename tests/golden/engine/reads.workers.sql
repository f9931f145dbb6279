-- READ_JOB
SELECT j.id, j.marketplace, a.code AS action, j.request_id, j.status, j.max_retries, j.input_data,
       j.cancel_requested, j.acted, coalesce(extract(epoch FROM clock_timestamp() - j.started_at), 0) AS age_s,
       coalesce(l.external_id, '') AS listing_id, coalesce(l.visible, false) AS listing_visible,
       l.photos AS listing_photos,
       (SELECT r.sku FROM {s}.remote_listings r
          WHERE r.marketplace = j.marketplace AND r.external_id = l.external_id) AS listing_sku,
       c.external_id AS account_id, c.settings AS account_settings, c.granted,
       (c.watermarks ->> a.code)::timestamptz AS since,
       coalesce(j.not_before > clock_timestamp(), false) OR coalesce(c.state <> 'connected', false)
         OR NOT EXISTS (SELECT FROM public.users u WHERE u.id = %(tenant)s AND u.is_active) AS held,
       coalesce(c.resume_at > clock_timestamp(), false) AS resting,
       (
  SELECT jsonb_build_object('channel', a.channel, 'detail', a.detail, 'since', a.since, 'due_in_s',
    extract(epoch FROM a.next_try - clock_timestamp()))
  FROM public.application_refusals a WHERE a.marketplace = j.marketplace AND a.ended_at IS NULL) AS refusal,
       (SELECT jsonb_agg(t ORDER BY t.position) FROM (
          SELECT id, name, position, kind, paced, status, claims, polls, failures, looks, marker, output,
                 coalesce(error, '') AS error,
                 coalesce(extract(epoch FROM clock_timestamp() - started_at), 0) AS age_s,
                 look_at IS NOT NULL AS verifying, deadline IS NOT NULL AS out,
                 extract(epoch FROM deadline - clock_timestamp()) AS left_s,
                 greatest(0, extract(epoch FROM coalesce(look_at, not_before) - clock_timestamp())) AS delay_s
          FROM {s}.marketplace_tasks WHERE job_id = j.id) AS t) AS tasks,
       to_jsonb(p) - 'created_at' - 'updated_at' AS product,
       (SELECT jsonb_agg(jsonb_build_array(i.position, i.path) ORDER BY i.position)
          FROM {s}.product_images i WHERE i.product_id = j.product_id) AS images
FROM {s}.marketplace_jobs j
JOIN public.marketplace_action_types a ON a.id = j.action_type_id
LEFT JOIN {s}.products p ON p.id = j.product_id
LEFT JOIN {s}.listings l ON l.product_id = j.product_id AND l.marketplace = j.marketplace
LEFT JOIN {s}.connections c ON c.marketplace = j.marketplace
WHERE j.id = %(job)s
