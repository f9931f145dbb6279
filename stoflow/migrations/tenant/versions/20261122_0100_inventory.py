"""What marketplaces show of a seller: every listing, StoFlow's or not, and every order once."""

from alembic import op

revision = "20261122_0100_inventory"
down_revision = "20261121_0200_photos"

TABLES = """
CREATE TABLE remote_listings (
    marketplace text NOT NULL,
    external_id text NOT NULL,
    product_id integer REFERENCES products (id) ON DELETE SET NULL,
    state text NOT NULL CHECK (state IN ('for_sale', 'sold', 'hidden', 'gone')),
    title text NOT NULL DEFAULT '',
    price numeric(12, 2),
    currency text NOT NULL DEFAULT '',
    quantity integer NOT NULL DEFAULT 1,
    url text NOT NULL DEFAULT '',
    sku text NOT NULL DEFAULT '',
    first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_by integer,
    edited_at timestamptz,
    PRIMARY KEY (marketplace, external_id)
);
CREATE TABLE orders (
    marketplace text NOT NULL,
    external_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('unpaid', 'paid', 'shipped', 'cancelled')),
    ordered_at timestamptz,
    total numeric(12, 2),
    currency text NOT NULL DEFAULT '',
    job_id integer,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (marketplace, external_id)
);
CREATE TABLE order_lines (
    marketplace text NOT NULL,
    order_id text NOT NULL,
    line_id text NOT NULL,
    listing_id text NOT NULL,
    product_id integer REFERENCES products (id) ON DELETE SET NULL,
    sku text NOT NULL DEFAULT '',
    title text NOT NULL DEFAULT '',
    quantity integer NOT NULL,
    amount numeric(12, 2),
    spread boolean NOT NULL DEFAULT false,
    PRIMARY KEY (marketplace, order_id, line_id),
    FOREIGN KEY (marketplace, order_id) REFERENCES orders (marketplace, external_id) ON DELETE CASCADE
);
CREATE INDEX remote_listings_product_idx ON remote_listings (product_id) WHERE product_id IS NOT NULL;
CREATE INDEX order_lines_product_idx ON order_lines (product_id) WHERE product_id IS NOT NULL;
CREATE INDEX order_lines_unspread_idx ON order_lines (product_id) WHERE NOT spread;
CREATE INDEX listings_external_id_idx ON listings (marketplace, external_id) WHERE external_id IS NOT NULL
"""

# When the last complete run of an action began, by its code: the next one asks for what changed since.
WATERMARKS = "ALTER TABLE connections ADD COLUMN watermarks jsonb NOT NULL DEFAULT '{}'"


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(WATERMARKS)
