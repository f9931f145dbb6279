"""Which task waits for what a marketplace accepted, by the name that the marketplace gave it: for its pushes."""

from alembic import op

revision = "20261128_1200_operations"
down_revision = "20261128_1100_applications"

TABLE = """
CREATE TABLE public.operations (
    tenant integer NOT NULL,
    task integer NOT NULL,
    marketplace text NOT NULL,
    operation text NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (tenant, task)
);
CREATE INDEX operations_named_idx ON public.operations (marketplace, operation);
CREATE INDEX operations_until_idx ON public.operations (until)
"""


def upgrade() -> None:
    op.execute(TABLE)
