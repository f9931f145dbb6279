"""When the seller read what a plugin does and wanted it: one row for each wording that was accepted."""

from alembic import op

revision = "20261130_1610_plugin_terms"
down_revision = "20261130_1100_returns"

MAKE = """
CREATE TABLE plugin_terms (
  marketplace text NOT NULL,
  version text NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (marketplace, version)
)
"""


def upgrade() -> None:
    op.execute(MAKE)


def downgrade() -> None:
    op.execute("DROP TABLE plugin_terms")
