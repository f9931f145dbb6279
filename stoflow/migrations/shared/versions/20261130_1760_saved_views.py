"""Views of the jobs' list that an account keeps: of all accounts in one table, for an empty one in each costs files."""

from alembic import op

revision = "20261130_1760_saved_views"
down_revision = "20261130_1720_hot_path"

TABLE = """
CREATE TABLE public.saved_views (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant integer NOT NULL REFERENCES public.users ON DELETE CASCADE,
    name text NOT NULL,
    filter jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (tenant, name)
)
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("DROP TABLE public.saved_views")
