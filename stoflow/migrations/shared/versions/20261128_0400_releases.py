"""Which release each process is of, whom it works for, and what it met and does not know."""

from alembic import op

revision = "20261128_0400_releases"
down_revision = "20261128_0300_restock"

PROCESSES = "ALTER TABLE public.processes ADD COLUMN release text, ADD COLUMN serves text[]"

UNKNOWN_TASKS = """
CREATE TABLE public.unknown_tasks (
    process bigint NOT NULL REFERENCES public.processes (id) ON DELETE CASCADE,
    marketplace text NOT NULL,
    action text NOT NULL,
    task text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (process, marketplace, action, task)
)
"""


def upgrade() -> None:
    op.execute(PROCESSES)
    op.execute(UNKNOWN_TASKS)
