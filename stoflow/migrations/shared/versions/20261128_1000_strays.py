"""A stray draft is heard of in the commit that leaves it: its tenant's owner would look for it only when it is idle."""

from alembic import op

revision = "20261128_1000_strays"
down_revision = "20261128_0900_installation"

ANNOUNCE_STRAY = """
CREATE FUNCTION public.announce_stray() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_SCHEMA ~ '^user_[0-9]+$' THEN
        INSERT INTO public.outbox (tenant, job) VALUES (pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, 0);
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(ANNOUNCE_STRAY)
