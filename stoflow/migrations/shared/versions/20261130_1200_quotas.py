"""How much of something a tenant may have; no row is no limit. What is free of a day's jobs is counted in the row."""

from alembic import op

revision = "20261130_1200_quotas"
down_revision = "20261130_1100_returns"

TABLE = """
CREATE TABLE public.subscription_quotas (
    tenant integer NOT NULL REFERENCES public.users ON DELETE CASCADE,
    name text NOT NULL,
    most integer NOT NULL CHECK (most >= 0),
    used integer NOT NULL DEFAULT 0,
    day date NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')::date,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, name)
) WITH (fillfactor = 50)
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("DROP TABLE public.subscription_quotas")
