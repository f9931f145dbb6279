"""Keys of platforms that have accounts of their own, and whose tenants are whose."""

from alembic import op

revision = "20261128_1401_platform_keys"
down_revision = "20261128_1201_accounts"

KEYS = """
CREATE TABLE public.platform_keys (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    platform text NOT NULL,
    digest text NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz
)
"""
TENANTS = """
CREATE TABLE public.platform_tenants (
    tenant integer PRIMARY KEY REFERENCES public.users ON DELETE CASCADE,
    platform text NOT NULL
)
"""


def upgrade() -> None:
    op.execute(KEYS)
    op.execute(TENANTS)
