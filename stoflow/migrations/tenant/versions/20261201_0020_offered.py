"""How many of a product buyers can take of a listing, so that only what shows none is taken for ended by a sale."""

from alembic import op

revision = "20261201_0020_offered"
down_revision = "20261201_0010_described"

SEEN = """
UPDATE listings l SET quantity = r.quantity FROM remote_listings r
WHERE r.marketplace = l.marketplace AND r.external_id = l.external_id AND r.state = 'for_sale'
"""


def upgrade() -> None:
    op.execute("ALTER TABLE listings ADD COLUMN quantity integer")
    op.execute(SEEN)


def downgrade() -> None:
    op.execute("ALTER TABLE listings DROP COLUMN quantity")
