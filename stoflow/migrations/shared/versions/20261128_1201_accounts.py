"""Who is signed in, by digests of refresh tokens, and how fast strangers may try passwords."""

from alembic import op

revision = "20261128_1201_accounts"
down_revision = "20261128_1200_operations"

FAMILIES = """
CREATE TABLE public.token_families (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant integer NOT NULL REFERENCES public.users ON DELETE CASCADE,
    began_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_because text CHECK (revoked_because IN ('logout', 'reuse', 'password'))
)
"""
FAMILIES_BY_TENANT = "CREATE INDEX token_families_tenant ON public.token_families (tenant)"
TOKENS = """
CREATE TABLE public.refresh_tokens (
    digest text PRIMARY KEY,
    family uuid NOT NULL REFERENCES public.token_families ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
)
"""
TOKENS_BY_FAMILY = "CREATE INDEX refresh_tokens_family ON public.refresh_tokens (family)"
TRIES = """
CREATE TABLE public.sign_in_tries (
    key text PRIMARY KEY,
    spent_until timestamptz NOT NULL
)
"""
TRIES_BY_TIME = "CREATE INDEX sign_in_tries_spent_until ON public.sign_in_tries (spent_until)"


def upgrade() -> None:
    for statement in (FAMILIES, FAMILIES_BY_TENANT, TOKENS, TOKENS_BY_FAMILY, TRIES, TRIES_BY_TIME):
        op.execute(statement)
