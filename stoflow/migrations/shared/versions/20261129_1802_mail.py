"""Mails to be sent to sellers, and digests of the tokens that they bring."""

from alembic import op

revision = "20261129_1802_mail"
down_revision = "20261129_1801_audit"

MAILS = """
CREATE TABLE public.mails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer NOT NULL REFERENCES public.users ON DELETE CASCADE,
    kind text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries integer NOT NULL DEFAULT 0
)
"""
MAILS_DUE = "CREATE INDEX mails_next_at ON public.mails (next_at)"
MAILS_BY_TENANT = "CREATE INDEX mails_tenant ON public.mails (tenant)"
TOKENS = """
CREATE TABLE public.account_tokens (
    digest text PRIMARY KEY,
    tenant integer NOT NULL REFERENCES public.users ON DELETE CASCADE,
    kind text NOT NULL,
    expires_at timestamptz NOT NULL
)
"""
TOKENS_BY_TENANT = "CREATE INDEX account_tokens_tenant ON public.account_tokens (tenant)"


def upgrade() -> None:
    for statement in (MAILS, MAILS_DUE, MAILS_BY_TENANT, TOKENS, TOKENS_BY_TENANT):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE public.account_tokens")
    op.execute("DROP TABLE public.mails")
