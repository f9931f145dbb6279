"""What there is of jobs is put into `public.job_index`; failures and what is forgotten are told to it from now on."""

from alembic import op

revision = "20261130_1620_job_index"
down_revision = "20261130_1610_plugin_terms"

# Before what there is is copied: making them waits for, and keeps out, whoever writes jobs.
TRIGGERS = """
CREATE TRIGGER index_failure AFTER UPDATE OF status ON marketplace_jobs FOR EACH ROW
WHEN (NEW.status = 'failed' AND OLD.status <> 'failed') EXECUTE FUNCTION public.index_failure();
CREATE TRIGGER index_forgotten AFTER DELETE ON marketplace_jobs
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.index_forgotten()
"""
COPY = r"""
INSERT INTO public.job_index (tenant, job, action, status, kind, code, created_at, failed_at)
SELECT u.id, j.id, j.action_type_id, j.status,
    CASE WHEN j.status = 'failed' THEN coalesce(j.error_kind, 'unknown') END,
    CASE WHEN j.status = 'failed' THEN public.error_code(j.error_fields) END, j.created_at,
    CASE WHEN j.status = 'failed' THEN coalesce(j.completed_at, j.created_at) END
FROM marketplace_jobs j JOIN public.users u ON 'user_' || u.id = current_schema()
ON CONFLICT (tenant, job) DO NOTHING
"""
EMPTY = """
DELETE FROM public.job_index i USING public.users u WHERE i.tenant = u.id AND 'user_' || u.id = current_schema()
"""


def upgrade() -> None:
    op.execute(TRIGGERS)
    op.execute(COPY)


def downgrade() -> None:
    for name in ("index_failure", "index_forgotten"):
        op.execute(f"DROP TRIGGER {name} ON marketplace_jobs")
    op.execute(EMPTY)
