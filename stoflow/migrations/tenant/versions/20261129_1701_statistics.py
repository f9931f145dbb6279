"""What statistics are counted by: an index of ended jobs in the order of their ends, with all that is counted."""

from alembic import op

revision = "20261129_1701_statistics"
down_revision = "20261129_1602_events"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX IF NOT EXISTS marketplace_jobs_ended_idx ON marketplace_jobs (completed_at)"
        " INCLUDE (marketplace, action_type_id, status, error_kind, started_at) WHERE completed_at IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DROP INDEX marketplace_jobs_ended_idx")
