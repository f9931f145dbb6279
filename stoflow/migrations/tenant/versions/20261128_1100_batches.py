"""A batch has a name of its seller's, and knows the request that made it again."""

from alembic import op

revision = "20261128_1100_batches"
down_revision = "20261128_0900_locked"


def upgrade() -> None:
    op.execute("ALTER TABLE batch_jobs ADD COLUMN name text, ADD COLUMN idempotency_digest text")
