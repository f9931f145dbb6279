"""A job that goes well is one row: its tasks stand in it, under a fence of its own, until something else becomes of it.

What else may is written in rows, as before: `public.unfold` makes them. Triggers do it where the release before, or a
program that knows only the old columns, acts on such a job.
"""

from alembic import op

revision = "20261130_1820_folded"
down_revision = "20261130_1770_traces"

# The older release reads and writes none of them.
COLUMNS = """
ALTER TABLE marketplace_jobs ADD COLUMN folded jsonb, ADD COLUMN task_ids integer[],
    ADD COLUMN fence integer NOT NULL DEFAULT 0, ADD COLUMN claimed_by bigint, ADD COLUMN deadline timestamptz
"""
TRIGGERS = """
CREATE TRIGGER unfold_cancelled BEFORE UPDATE OF cancel_requested ON marketplace_jobs FOR EACH ROW
WHEN (NEW.cancel_requested AND NOT OLD.cancel_requested AND OLD.folded IS NOT NULL)
EXECUTE FUNCTION public.unfold_cancelled();
CREATE TRIGGER unfold_planned BEFORE INSERT ON marketplace_tasks FOR EACH ROW
WHEN (NEW.position = 1 AND pg_trigger_depth() = 0 AND current_setting('stoflow.unfolding', true) IS DISTINCT FROM 'on')
EXECUTE FUNCTION public.unfold_planned()
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(TRIGGERS)


def downgrade() -> None:
    op.execute("DROP TRIGGER unfold_planned ON marketplace_tasks")
    op.execute("DROP TRIGGER unfold_cancelled ON marketplace_jobs")
    op.execute(
        "SELECT public.unfold(current_schema()::text, array_agg(id)) FROM marketplace_jobs WHERE folded IS NOT NULL"
    )
    op.execute(
        "ALTER TABLE marketplace_jobs DROP COLUMN folded, DROP COLUMN task_ids, DROP COLUMN fence,"
        " DROP COLUMN claimed_by, DROP COLUMN deadline"
    )
