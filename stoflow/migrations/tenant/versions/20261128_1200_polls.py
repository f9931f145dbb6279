"""How many claims of a task were polls of what was accepted, and found it under way: they count as no attempt."""

from alembic import op

revision = "20261128_1200_polls"
down_revision = "20261128_1100_batches"


def upgrade() -> None:
    op.execute("ALTER TABLE marketplace_tasks ADD COLUMN polls integer NOT NULL DEFAULT 0")
