"""Where each job of each tenant stands, in one narrow table: what lists and groups over all tenants are found by.

Ids, numbers, words of the engine's own and times, never a tenant's content. The commit that changes a job changes it
here: a new one by the trigger that announces it, a new status by the event that tells of it, a failure by its job.
"""

from alembic import op

revision = "20261130_1400_job_index"
down_revision = "20261130_1210_credits"

# `kind`, `code` and `failed_at` are of the last failure, and stay when the job is retried.
TABLE = """
CREATE TABLE public.job_index (
    tenant integer NOT NULL,
    job integer NOT NULL,
    action integer NOT NULL,
    status text NOT NULL,
    kind text,
    code text,
    created_at timestamptz NOT NULL,
    failed_at timestamptz,
    PRIMARY KEY (tenant, job)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX job_index_status_idx ON public.job_index (status, action, created_at, tenant, job);
CREATE INDEX job_index_kind_idx ON public.job_index (kind, action, created_at, tenant, job) INCLUDE (code, status)
    WHERE kind IS NOT NULL;
CREATE INDEX job_index_failed_idx ON public.job_index (failed_at) INCLUDE (tenant, action, status, kind, code)
    WHERE failed_at IS NOT NULL;
CREATE INDEX job_index_tenant_failed_idx ON public.job_index (tenant, failed_at) WHERE failed_at IS NOT NULL
"""

# The first of the reasons that has the marketplace's own id for it.
CODE = """
CREATE FUNCTION public.error_code(reasons jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog AS $$
    SELECT reason ->> 'code' FROM jsonb_array_elements(
        CASE jsonb_typeof(reasons) WHEN 'array' THEN reasons ELSE '[]'::jsonb END) WITH ORDINALITY AS r (reason, place)
    WHERE reason ? 'code' ORDER BY place LIMIT 1
$$
"""

ANNOUNCE = """
CREATE OR REPLACE FUNCTION public.announce_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_SCHEMA ~ '^user_[0-9]+$' THEN
        INSERT INTO public.outbox (tenant, job)
        SELECT pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, fresh.id FROM fresh ORDER BY fresh.id;{index}
    END IF;
    RETURN NULL;
END $$
"""
INDEX = """
        INSERT INTO public.job_index (tenant, job, action, status, created_at)
        SELECT pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, fresh.id, fresh.action_type_id, fresh.status,
            coalesce(fresh.created_at, pg_catalog.clock_timestamp())
        FROM fresh ORDER BY fresh.id ON CONFLICT (tenant, job) DO NOTHING;"""

# On the table of events, of which there is one: a trigger on each tenant's jobs would be compiled for each.
STATUS = """
CREATE FUNCTION public.index_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.job_index SET status = NEW.state WHERE tenant = NEW.tenant AND job = NEW.subject;
    RETURN NULL;
END $$;
CREATE TRIGGER index_status AFTER INSERT ON public.events FOR EACH ROW
WHEN (NEW.type = 'job_status_update' AND NEW.state IS NOT NULL) EXECUTE FUNCTION public.index_status()
"""

FAILURE = """
CREATE FUNCTION public.index_failure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_SCHEMA ~ '^user_[0-9]+$' THEN
        UPDATE public.job_index
        SET kind = coalesce(NEW.error_kind, 'unknown'), code = public.error_code(NEW.error_fields),
            failed_at = coalesce(NEW.completed_at, pg_catalog.clock_timestamp())
        WHERE tenant = pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer AND job = NEW.id;
    END IF;
    RETURN NULL;
END $$
"""

FORGOTTEN = """
CREATE FUNCTION public.index_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_SCHEMA ~ '^user_[0-9]+$' THEN
        DELETE FROM public.job_index i USING gone
        WHERE i.tenant = pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer AND i.job = gone.id;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    for statement in (TABLE, CODE, ANNOUNCE.replace("{index}", INDEX), STATUS, FAILURE, FORGOTTEN):
        op.execute(statement)


def downgrade() -> None:
    op.execute(ANNOUNCE.replace("{index}", ""))
    op.execute("DROP TRIGGER index_status ON public.events")
    for name in ("index_status()", "index_failure()", "index_forgotten()", "error_code(jsonb)"):
        op.execute(f"DROP FUNCTION public.{name}")
    op.execute("DROP TABLE public.job_index")
