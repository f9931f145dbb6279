"""A new job that is one row is announced with what an orchestrator has to know of it, and not by its id alone."""

from alembic import op

revision = "20261201_0010_described"
down_revision = "20261130_1820_folded"

DROP = "DROP TRIGGER announce_job ON marketplace_jobs"
DESCRIBED = """
CREATE TRIGGER announce_job AFTER INSERT ON marketplace_jobs FOR EACH ROW EXECUTE FUNCTION public.announce_described()
"""
NAMED = """
CREATE TRIGGER announce_job AFTER INSERT ON marketplace_jobs
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION public.announce_job()
"""


def upgrade() -> None:
    op.execute(DROP)
    op.execute(DESCRIBED)


def downgrade() -> None:
    op.execute(DROP)
    op.execute(NAMED)
