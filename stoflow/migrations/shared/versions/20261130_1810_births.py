"""Which process a pid meant: those that ended with their machine's servers are known as dead when one comes back."""

from alembic import op

revision = "20261130_1810_births"
down_revision = "20261130_1780_told"


def upgrade() -> None:
    op.execute("ALTER TABLE public.processes ADD COLUMN machine text, ADD COLUMN begun bigint")


def downgrade() -> None:
    op.execute("ALTER TABLE public.processes DROP COLUMN begun, DROP COLUMN machine")
