"""A deleted job takes its timeline along by a trigger, not by a key that each new line is checked against."""

from alembic import op

revision = "20261121_0100_timeline"
down_revision = "20261120_0100_engine"

FORGET = """
CREATE FUNCTION public.forget_timeline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE pg_catalog.format(
        'DELETE FROM %I.job_timeline WHERE job_id IN (SELECT id FROM gone)', TG_TABLE_SCHEMA
    );
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(FORGET)
