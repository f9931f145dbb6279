"""Credits for texts by a model: a ledger that is only ever added to, and the texts that were paid from it."""

from alembic import op

revision = "20261130_1210_credits"
down_revision = "20261130_1200_quotas"

TABLES = """
CREATE TABLE public.ai_credits (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer NOT NULL REFERENCES public.users ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL,
    amount integer NOT NULL,
    reservation bigint,
    digest text,
    reference text
);
CREATE INDEX ai_credits_tenant_idx ON public.ai_credits (tenant, id) INCLUDE (amount);
CREATE UNIQUE INDEX ai_credits_grant_idx ON public.ai_credits (tenant, reference) WHERE kind = 'grant';
CREATE UNIQUE INDEX ai_credits_end_idx ON public.ai_credits (reservation) WHERE reservation IS NOT NULL;
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON public.ai_credits
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TABLE public.ai_texts (
    tenant integer NOT NULL REFERENCES public.users ON DELETE CASCADE,
    digest text NOT NULL,
    reservation bigint NOT NULL,
    attempt integer NOT NULL DEFAULT 1,
    leased_until timestamptz NOT NULL,
    title text,
    description text,
    made_at timestamptz,
    PRIMARY KEY (tenant, digest)
);
CREATE INDEX ai_texts_old_idx ON public.ai_texts ((coalesce(made_at, leased_until)))
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE public.ai_texts, public.ai_credits")
