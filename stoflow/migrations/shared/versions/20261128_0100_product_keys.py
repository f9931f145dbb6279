"""What code of before calls a product is its key too, where no other product has that key."""

from alembic import op

revision = "20261128_0100_product_keys"
down_revision = "20261122_0400_catalogues"

TAKE_REFERENCE = """
CREATE FUNCTION public.take_reference() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_taken boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.products WHERE external_id = $1 AND deleted_at IS NULL)',
        TG_TABLE_SCHEMA) INTO is_taken USING NEW.external_ref;
    IF NOT is_taken THEN
        NEW.external_id := NEW.external_ref;
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(TAKE_REFERENCE)
