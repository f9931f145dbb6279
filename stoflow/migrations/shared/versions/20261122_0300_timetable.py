"""Which tenant has an account where, and when each of its periodic actions runs next: ids and times, no content."""

from alembic import op

revision = "20261122_0300_timetable"
down_revision = "20261121_0100_timeline"

TABLES = """
CREATE TABLE public.accounts (
    tenant integer NOT NULL,
    marketplace text NOT NULL,
    planned boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant, marketplace)
);
CREATE INDEX accounts_unplanned_idx ON public.accounts (tenant) WHERE NOT planned;
CREATE TABLE public.timetable (
    tenant integer NOT NULL,
    marketplace text NOT NULL,
    action text NOT NULL,
    next_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, marketplace, action)
);
CREATE INDEX timetable_next_at_idx ON public.timetable (next_at)
"""

# Accounts stand in the tenants' schemas, where nobody can look for them all at once.
NOTE_ACCOUNT = """
CREATE FUNCTION public.note_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_SCHEMA !~ '^user_[0-9]+$' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        DELETE FROM public.accounts
        WHERE tenant = pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer AND marketplace = OLD.marketplace;
        DELETE FROM public.timetable
        WHERE tenant = pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer AND marketplace = OLD.marketplace;
    ELSE
        INSERT INTO public.accounts (tenant, marketplace)
        VALUES (pg_catalog.substr(TG_TABLE_SCHEMA, 6)::integer, NEW.marketplace) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(NOTE_ACCOUNT)
