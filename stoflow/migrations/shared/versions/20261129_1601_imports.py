"""Files of products that were given over HTTP, how far each is read, and the rows that were not taken."""

from alembic import op

revision = "20261129_1601_imports"
down_revision = "20261129_1601_events"

TABLES = """
CREATE TABLE public.imports (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer NOT NULL REFERENCES public.users ON DELETE CASCADE,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    file text NOT NULL,
    reading jsonb NOT NULL,
    rows integer NOT NULL DEFAULT 0,
    imported integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    reason text NOT NULL DEFAULT '',
    process bigint,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    completed_at timestamptz
);
CREATE UNIQUE INDEX imports_under_way_idx ON public.imports (tenant) WHERE completed_at IS NULL;
CREATE INDEX imports_tenant_idx ON public.imports (tenant, id);
CREATE TABLE public.import_rejections (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import integer NOT NULL REFERENCES public.imports ON DELETE CASCADE,
    line integer NOT NULL,
    reason text NOT NULL,
    field text NOT NULL,
    "column" text NOT NULL,
    value text NOT NULL
);
CREATE INDEX import_rejections_import_idx ON public.import_rejections (import, id)
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE public.import_rejections")
    op.execute("DROP TABLE public.imports")
