"""The catalogues say what people call an attribute and what else is known of it, and hold StoFlow's own entries.

Beside them: what marketplaces answered about their categories, kept with the version of the tree it was said of.
"""

from alembic import op

from stoflow.migrations.seeding import seed_catalogues

revision = "20261122_0400_catalogues"
down_revision = "20261122_0300_timetable"

CATALOGUES = ("brands", "categories", "colors", "conditions", "fits", "genders", "materials", "seasons", "sizes")

# A row without a version is the installation's own: seeding never takes it away.
COLUMNS = """
ALTER TABLE product_attributes.{name}
    ADD COLUMN IF NOT EXISTS position integer,
    ADD COLUMN IF NOT EXISTS labels jsonb NOT NULL DEFAULT '{{}}',
    ADD COLUMN IF NOT EXISTS details jsonb NOT NULL DEFAULT '{{}}',
    ADD COLUMN IF NOT EXISTS words text[] NOT NULL DEFAULT '{{}}',
    ADD COLUMN IF NOT EXISTS version text,
    ADD COLUMN IF NOT EXISTS retired_at timestamptz
"""

# Where rows came with ids of their own, new ones begin behind them.
NEXT_ID = """
SELECT setval(pg_get_serial_sequence('product_attributes.{name}', 'id'), coalesce(max(id), 0) + 1, false)
FROM product_attributes.{name}
"""

VERSIONS = """
CREATE TABLE product_attributes.catalogue_versions (
    catalogue text PRIMARY KEY,
    version text NOT NULL,
    seeded_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""

ANSWERS = """
CREATE TABLE product_attributes.taxonomy_answers (
    marketplace text NOT NULL,
    site text NOT NULL,
    category_id text NOT NULL,
    tree_id text NOT NULL,
    tree_version text NOT NULL,
    known boolean NOT NULL,
    aspects jsonb NOT NULL,
    fetched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (marketplace, site, category_id)
)
"""


def upgrade() -> None:
    for name in CATALOGUES:
        op.execute(COLUMNS.format(name=name))
        op.execute(NEXT_ID.format(name=name))
    op.execute(VERSIONS)
    op.execute(ANSWERS)
    seed_catalogues(op.get_bind())
