"""How many of a product buyers can take of a listing, so that only what shows none is taken for ended by a sale."""

from alembic import op

revision = "20261201_0020_offered"
down_revision = "20261201_0010_described"


def upgrade() -> None:
    op.execute("ALTER TABLE listings ADD COLUMN quantity integer")


def downgrade() -> None:
    op.execute("ALTER TABLE listings DROP COLUMN quantity")
