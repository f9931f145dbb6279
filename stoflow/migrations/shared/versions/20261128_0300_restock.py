"""Whoever raises a quantity says what there is from then on: what cancelled orders had left over counts no more."""

from alembic import op

revision = "20261128_0300_restock"
down_revision = "20261128_0200_stock"

NOTE_RESTOCK = """
CREATE FUNCTION public.note_restock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.oversold := greatest(NEW.oversold, 0);
    NEW.restocked_at := pg_catalog.clock_timestamp();
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(NOTE_RESTOCK)
