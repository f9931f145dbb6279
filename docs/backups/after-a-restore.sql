-- After a restore, before work goes on: docs/postgresql.md says when. By the role that StoFlow works as:
--   psql "$STOFLOW_DATABASE_URL" -v tenant=7 -f after-a-restore.sql    one tenant's schema was brought back
--   psql "$STOFLOW_DATABASE_URL" -f after-a-restore.sql                the whole database was
\set ON_ERROR_STOP on
\set schemas '^user_[0-9]+$'
\if :{?tenant}
    \set schemas '^user_' :tenant '$'
\endif

-- What was numbered after the backup is gone here and not at the marketplaces (an SKU is made of a product's number),
-- nor in tokens (which name a tenant by number): no number is given twice.
SELECT format('SELECT setval(%1$L, nextval(%1$L) + 100000) AS "%2$s"', format('%I.%I', n.nspname, c.relname), c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND (n.nspname ~ :'schemas' OR (n.nspname, c.relname) = ('public', 'users_id_seq'))
\gexec

\if :{?tenant}
-- What all tenants share still tells of the jobs that were there before, and nobody was told of those that are back.
BEGIN;
DELETE FROM public.job_index WHERE tenant = :tenant;
SELECT format($$
    INSERT INTO public.job_index (tenant, job, action, status, kind, code, created_at, failed_at)
    SELECT %1$s, id, action_type_id, status,
        CASE WHEN status = 'failed' THEN coalesce(error_kind, 'unknown') END,
        CASE WHEN status = 'failed' THEN public.error_code(error_fields) END, created_at,
        CASE WHEN status = 'failed' THEN coalesce(completed_at, created_at) END
    FROM user_%1$s.marketplace_jobs$$, :'tenant')
\gexec
INSERT INTO public.outbox (tenant, job) VALUES (:tenant, 0);
COMMIT;
\endif
