"""Which product was sold out, or is there again, for the marketplaces to follow: ids and times, no content."""

from alembic import op

revision = "20261128_0200_stock"
down_revision = "20261128_0100_product_keys"

TABLE = """
CREATE TABLE public.stock_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer NOT NULL,
    product integer NOT NULL,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX stock_changes_tenant_idx ON public.stock_changes (tenant)
"""

NOTE_STOCK = """
CREATE FUNCTION public.note_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_SCHEMA ~ '^user_[0-9]+$' THEN
        INSERT INTO public.stock_changes (tenant, product)
        VALUES (pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, NEW.id);
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(NOTE_STOCK)
