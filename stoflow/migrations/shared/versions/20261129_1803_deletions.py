"""Tenants that are being deleted, and how far that is."""

from alembic import op

revision = "20261129_1803_deletions"
down_revision = "20261129_1802_mail"

TABLE = """
CREATE TABLE public.tenant_deletions (
    tenant integer PRIMARY KEY,
    step text NOT NULL,
    step_since timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("DROP TABLE public.tenant_deletions")
