"""A job remembers which request asked for it, so that the log of one leads to the other."""

from alembic import op

revision = "20261128_0300_requests"
down_revision = "20261128_0200_stock"


def upgrade() -> None:
    op.execute("ALTER TABLE marketplace_jobs ADD COLUMN request_id text")
