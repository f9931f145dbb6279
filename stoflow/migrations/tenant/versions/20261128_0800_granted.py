"""The scopes that a marketplace says it granted, NULL where it named none: then it is all that was asked for."""

from alembic import op

revision = "20261128_0800_granted"
down_revision = "20261128_0700_healing"

COLUMNS = """
ALTER TABLE connections ADD COLUMN granted text[];
ALTER TABLE consents ADD COLUMN granted text[]
"""


def upgrade() -> None:
    op.execute(COLUMNS)
