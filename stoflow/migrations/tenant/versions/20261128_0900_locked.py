"""What a marketplace says of an account that it has locked: its words, until when, and where the seller unlocks it."""

from alembic import op

revision = "20261128_0900_locked"
down_revision = "20261128_0800_granted"


def upgrade() -> None:
    op.execute("ALTER TABLE connections ADD COLUMN lock jsonb")
