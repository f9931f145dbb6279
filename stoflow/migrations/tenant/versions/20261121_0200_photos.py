"""A listing records which photos it was given, so that an update sends only the others."""

from alembic import op

revision = "20261121_0200_photos"
down_revision = "20261121_0100_timeline"


def upgrade() -> None:
    op.execute("ALTER TABLE listings ADD COLUMN photos jsonb")
