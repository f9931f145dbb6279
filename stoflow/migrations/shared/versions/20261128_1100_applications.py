"""Which marketplace refuses StoFlow's own application, since when, and when that is tried next."""

from alembic import op

revision = "20261128_1100_applications"
down_revision = "20261128_1000_strays"

TABLE = """
CREATE TABLE public.application_refusals (
    marketplace text PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('calls', 'tokens', 'quota')),
    tenant integer,
    detail text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    refused_at timestamptz NOT NULL DEFAULT now(),
    tries integer NOT NULL DEFAULT 0,
    next_try timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by integer
)
"""


def upgrade() -> None:
    op.execute(TABLE)
