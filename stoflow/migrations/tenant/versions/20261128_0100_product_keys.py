"""A product has its seller's keys, each of one product only, and what the seller's own programs note of it."""

from alembic import op

revision = "20261128_0100_product_keys"
down_revision = "20261122_0500_choices"

COLUMNS = """
ALTER TABLE products
    ADD COLUMN sku text,
    ADD COLUMN external_id text,
    ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}'
"""

# A file that was imported twice left every product twice: the one that buyers see is the product, else the first.
KEYS = """
UPDATE products SET external_id = external_ref
FROM (
    SELECT DISTINCT ON (p.external_ref) p.id
    FROM products p LEFT JOIN listings l ON l.product_id = p.id AND l.visible
    WHERE p.external_ref <> '' AND p.deleted_at IS NULL
    ORDER BY p.external_ref, l.id IS NULL, p.id
) AS named
WHERE products.id = named.id
"""

# The others keep `external_ref`, so that nothing is forgotten of them.
TWICE = """
DO $$
DECLARE
    others bigint;
BEGIN
    SELECT count(*) INTO others FROM products
    WHERE external_ref <> '' AND external_id IS NULL AND deleted_at IS NULL;
    IF others > 0 THEN
        RAISE WARNING '% products were imported more than once: an import will not change them.', others;
    END IF;
END $$
"""

UNIQUE = """
CREATE UNIQUE INDEX products_sku_idx ON products (sku) WHERE sku IS NOT NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX products_external_id_idx ON products (external_id)
    WHERE external_id IS NOT NULL AND deleted_at IS NULL
"""

# Code of before this revision writes `external_ref` only.
OLD_WRITERS = """
CREATE TRIGGER take_reference BEFORE INSERT ON products FOR EACH ROW
WHEN (NEW.external_id IS NULL AND NEW.external_ref <> '') EXECUTE FUNCTION public.take_reference()
"""


def upgrade() -> None:
    for statement in (COLUMNS, KEYS, TWICE, UNIQUE, OLD_WRITERS):
        op.execute(statement)
