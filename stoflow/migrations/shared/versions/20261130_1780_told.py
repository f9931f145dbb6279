"""What an orchestrator was told of that its verdicts follow from: commands that explain them have other settings."""

from alembic import op

revision = "20261130_1780_told"
down_revision = "20261130_1770_plugin_terms"


def upgrade() -> None:
    op.execute("ALTER TABLE public.processes ADD COLUMN told jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE public.processes DROP COLUMN told")
