"""Who this installation is: made once, so that all its processes have one name for it."""

from alembic import op

revision = "20261128_0900_installation"
down_revision = "20261128_0400_releases"

TABLE = """
CREATE TABLE public.installation (
    the_only boolean PRIMARY KEY DEFAULT true CHECK (the_only),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("INSERT INTO public.installation DEFAULT VALUES")
