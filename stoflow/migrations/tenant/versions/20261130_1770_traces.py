"""A job remembers which trace it belongs to: whoever inserts it says so in the transaction, or nobody does."""

from alembic import op

revision = "20261130_1770_traces"
down_revision = "20261130_1760_calls"


def upgrade() -> None:
    # The default comes second: PostgreSQL would else write it into every row there is.
    op.execute("ALTER TABLE marketplace_jobs ADD COLUMN traceparent text")
    op.execute(
        "ALTER TABLE marketplace_jobs ALTER COLUMN traceparent "
        "SET DEFAULT nullif(pg_catalog.current_setting('stoflow.traceparent', true), '')"
    )
