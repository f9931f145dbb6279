"""What only the old code read goes: its batch key, its statistics, its tasks and its enum types."""

from alembic import op

from stoflow.migrations.old_house.shape import is_carried

revision = "20261120_0900_contract"
down_revision = "20261120_0300_engine"

GONE = """
ALTER TABLE marketplace_jobs DROP COLUMN batch_id;
DROP TABLE vinted_job_stats;
DROP TABLE old_marketplace_tasks;
DROP TYPE jobstatus;
DROP TYPE batchjobstatus;
DROP TYPE tasktype;
DROP TYPE taskstatus
"""


def upgrade() -> None:
    if not is_carried(op.get_context()):  # there old programs write still, until `stoflow migrate --contract`
        op.execute(GONE)
