"""How many more of a product were bought than there were, and how many pieces a listing that was seen sold took."""

from alembic import op

revision = "20261128_0500_oversold"
down_revision = "20261128_0400_file_digests"

COLUMNS = """
ALTER TABLE products ADD COLUMN oversold integer NOT NULL DEFAULT 0, ADD COLUMN restocked_at timestamptz;
ALTER TABLE remote_listings ADD COLUMN took integer
"""

NOTE_RESTOCK = """
CREATE TRIGGER note_restock BEFORE UPDATE OF stock_quantity ON products FOR EACH ROW
WHEN (new.stock_quantity > old.stock_quantity) EXECUTE FUNCTION public.note_restock()
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(NOTE_RESTOCK)
