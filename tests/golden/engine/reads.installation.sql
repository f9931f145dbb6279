-- INSTALLATION
SELECT clock_timestamp() AS now, current_setting('transaction_read_only')::boolean AS read_only,
  (SELECT jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'serves', serves, 'host', host, 'pid', pid,
       'release', release, 'lives_s', extract(epoch FROM clock_timestamp() - started_at),
       'lease_s', extract(epoch FROM expires_at - clock_timestamp())) ORDER BY id)
     FROM public.processes WHERE NOT dead AND expires_at > clock_timestamp()) AS living,
  (SELECT jsonb_object_agg(kind, ended) FROM (
     SELECT kind, extract(epoch FROM max(expires_at)) AS ended FROM public.processes
     WHERE dead OR expires_at <= clock_timestamp() GROUP BY kind) AS gone) AS gone,
  (SELECT count(*) FROM (SELECT FROM public.outbox LIMIT %(counted)s) AS o) AS outbox,
  (SELECT created_at FROM public.outbox ORDER BY id LIMIT 1) AS outbox_since,
  (SELECT count(*) FROM public.tenant_work) AS tenants,
  (SELECT count(*) FROM public.plugin_presence v JOIN public.processes p ON p.id = v.process
     WHERE v.connected AND NOT p.dead AND p.expires_at > clock_timestamp()) AS plugins
