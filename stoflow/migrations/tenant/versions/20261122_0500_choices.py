"""What an account has to choose from, as the marketplace showed it last: kept, so that it is shown without a call."""

from alembic import op

revision = "20261122_0500_choices"
down_revision = "20261122_0400_consents"

CHOICES = """
ALTER TABLE connections
    ADD COLUMN choices jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN choices_read_at timestamptz
"""


def upgrade() -> None:
    op.execute(CHOICES)
