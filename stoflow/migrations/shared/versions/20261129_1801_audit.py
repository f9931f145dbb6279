"""The audit log, which is only ever added to; and one more reason why a sign-in is over."""

from alembic import op

revision = "20261129_1801_audit"
down_revision = "20261129_1601_imports"

LOG = """
CREATE TABLE public.audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_kind text NOT NULL,
    actor_name text NOT NULL,
    act text NOT NULL,
    tenant integer,
    detail jsonb NOT NULL DEFAULT '{}'
)
"""
BY_TENANT = "CREATE INDEX audit_log_tenant ON public.audit_log (tenant, id)"
REFUSE = """
CREATE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'public.% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""
APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON public.audit_log
FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change()
"""
REASONS = """
ALTER TABLE public.token_families DROP CONSTRAINT token_families_revoked_because_check,
    ADD CONSTRAINT token_families_revoked_because_check
    CHECK (revoked_because IN ('logout', 'reuse', 'password', 'revoked'))
"""


def upgrade() -> None:
    for statement in (LOG, BY_TENANT, REFUSE, APPEND_ONLY, REASONS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("UPDATE public.token_families SET revoked_because = 'logout' WHERE revoked_because = 'revoked'")
    op.execute(REASONS.replace(", 'revoked'", ""))
    op.execute("DROP TABLE public.audit_log")
    op.execute("DROP FUNCTION public.refuse_change()")
