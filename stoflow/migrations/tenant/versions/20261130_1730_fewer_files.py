"""What a tenant costs before anything is in it: 73 files instead of 107, and a tenth less in PostgreSQL's catalogue.

A table without a value that could be long needs no TOAST (two files); ids that only the engine sees come from one
sequence; an index that another covers, or that nobody asks, goes. The older release finds the same tables and columns.
"""

from alembic import op

revision = "20261130_1730_fewer_files"
down_revision = "20261130_1700_command_looks"

# Everything in them is bounded where it comes in: a row stays far below the 8 KB of a page.
BOUNDED = (
    "alembic_version",
    "batch_jobs",
    "marketplace_job_stats",
    "order_lines",
    "orders",
    "plugin_terms",
    "product_images",
    "remote_listings",
    "strays",
)
# Theirs is the first table by name of those that count together, and so the first that is copied for a new tenant: by
# the older release too, which copies no sequence that is not a column's own.
COUNTED_BY = "job_timeline"
COUNTED = ("listings", "marketplace_job_stats", "marketplace_tasks", "plugin_commands", "product_images", "strays")
UNASKED = (
    ("alembic_version", "alembic_version_pkc"),
    ("listings", "listings_pkey"),
    ("marketplace_job_stats", "marketplace_job_stats_pkey"),
    ("plugin_commands", "plugin_commands_pkey"),
    ("product_images", "product_images_pkey"),
)

# Before the indexes that they replace go: who asks meanwhile is not left without.
INDEXES = """
CREATE INDEX marketplace_jobs_open_idx ON marketplace_jobs (status, marketplace, priority, id)
    WHERE status IN ('pending', 'running');
CREATE INDEX marketplace_jobs_of_product_idx ON marketplace_jobs (marketplace, product_id, id)
    WHERE status IN ('pending', 'running') OR late_until IS NOT NULL;
CREATE INDEX order_lines_of_product_idx ON order_lines (spread, product_id);
DROP INDEX marketplace_jobs_pending_idx, marketplace_jobs_running_idx, marketplace_jobs_line_idx,
    marketplace_jobs_late_idx, order_lines_product_idx, order_lines_unspread_idx, products_external_ref_idx,
    strays_look_after_idx
"""

# A table of many rows keeps its TOAST: without it nothing would be gained for the tenant, and its lock would be long.
WITHOUT_TOAST = """
DO $$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT c.oid::regclass AS name, c.reltoastrelid, string_agg(
            format('ALTER COLUMN %I SET STORAGE PLAIN', a.attname), ', ') AS plain,
            min(a.attname) FILTER (WHERE a.atttypid = 'text'::regtype) AS rewritten
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY ({tables}) AND a.attstorage <> 'p'
        GROUP BY c.oid
    LOOP
        EXECUTE format('ALTER TABLE %s %s', place.name, place.plain);
        IF place.reltoastrelid <> 0 AND pg_table_size(place.name) < 4 * 1024 * 1024 THEN
            BEGIN
                -- Its type through an expression has PostgreSQL write the table anew, and forget how it is stored.
                EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE text USING %2$I || '''', %s', place.name,
                    place.rewritten, place.plain);
            EXCEPTION WHEN program_limit_exceeded THEN
                NULL; -- a row of before what comes in was bounded: it stays where it is
            END;
        END IF;
    END LOOP;
END $$
"""

ONE_SEQUENCE = """
ALTER TABLE {table} ALTER COLUMN id DROP IDENTITY;
ALTER TABLE {table} ALTER COLUMN id SET DEFAULT nextval('{sequence}')
"""
BEYOND_ALL = "SELECT setval('{sequence}', greatest({each}))"
LAST = "pg_sequence_last_value(pg_get_serial_sequence('{table}', 'id')::regclass)"


def upgrade() -> None:
    op.execute(INDEXES)
    for table, constraint in UNASKED:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    sequence = f"{COUNTED_BY}_id_seq"
    # Held against writers first: what they drew until then is below.
    op.execute(f"LOCK TABLE {', '.join((COUNTED_BY, *COUNTED))} IN ACCESS EXCLUSIVE MODE")
    each = ", ".join(LAST.format(table=table) for table in (COUNTED_BY, *COUNTED))
    op.execute(BEYOND_ALL.format(sequence=sequence, each=each))
    for table in COUNTED:
        op.execute(ONE_SEQUENCE.format(table=table, sequence=sequence))
    listed = ", ".join(f"'{table}'" for table in BOUNDED)
    op.execute(WITHOUT_TOAST.replace("{tables}", f"ARRAY[{listed}]"))
