"""Whether a command to a plugin asks what came of an act: an answer after its time must not be taken for the act's."""

from alembic import op

revision = "20261130_1700_command_looks"
down_revision = "20261130_1620_job_index"


def upgrade() -> None:
    op.execute("ALTER TABLE plugin_commands ADD COLUMN looks boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE plugin_commands DROP COLUMN looks")
