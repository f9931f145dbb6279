"""When a connection that waits for its seller is tried all the same, and how often it was: the mark may be wrong."""

from alembic import op

revision = "20261128_0700_healing"
down_revision = "20261128_0600_late_calls"

# `next_try` is 'infinity' where only a person helps, and NULL in a mark of a release that did not know it.
COLUMNS = """
ALTER TABLE connections ADD COLUMN tries integer NOT NULL DEFAULT 0, ADD COLUMN tried_at timestamptz,
    ADD COLUMN next_try timestamptz
"""


def upgrade() -> None:
    op.execute(COLUMNS)
