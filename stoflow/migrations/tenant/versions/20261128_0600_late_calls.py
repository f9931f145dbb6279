"""Calls whose answer was lost may be carried out late, and stray drafts are heard of while their tenant is busy."""

from alembic import op

revision = "20261128_0600_late_calls"
down_revision = "20261128_0500_oversold"

# `quiet_s` is what a claim commits: the seconds after the loss of its answer in which its call may still be done.
COLUMNS = """
ALTER TABLE marketplace_tasks ADD COLUMN quiet_s double precision;
ALTER TABLE marketplace_jobs ADD COLUMN late_until timestamptz
"""

INDEX = """
CREATE INDEX marketplace_jobs_late_idx ON marketplace_jobs (marketplace, product_id, late_until)
    WHERE late_until IS NOT NULL
"""

# Heard of when it is left, when its time changes, and when it is gone: another one may have waited behind it.
ANNOUNCE_STRAY = """
CREATE TRIGGER announce_stray AFTER INSERT OR DELETE OR UPDATE OF look_after ON strays FOR EACH ROW
EXECUTE FUNCTION public.announce_stray()
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(INDEX)
    op.execute(ANNOUNCE_STRAY)
