"""Until when a marketplace wants no call for an account, as it told with an answer that was good."""

from alembic import op

revision = "20261128_1300_resume"
down_revision = "20261128_1200_polls"


def upgrade() -> None:
    op.execute("ALTER TABLE connections ADD COLUMN resume_at timestamptz")
