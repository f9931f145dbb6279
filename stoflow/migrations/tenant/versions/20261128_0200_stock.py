"""Whoever sells a product out, or raises its quantity from 0, is heard in the same commit: people, files, sales."""

from alembic import op

revision = "20261128_0200_stock"
down_revision = "20261128_0100_product_keys"

NOTE_STOCK = """
CREATE TRIGGER note_stock AFTER UPDATE OF stock_quantity ON products FOR EACH ROW
WHEN ((old.stock_quantity <= 0) IS DISTINCT FROM (new.stock_quantity <= 0)) EXECUTE FUNCTION public.note_stock()
"""


def upgrade() -> None:
    op.execute(NOTE_STOCK)
