"""The timeline, a third of all rows a job writes, costs one index and no key that is checked per line."""

from alembic import op

revision = "20261121_0100_timeline"
down_revision = "20261120_0900_contract"

LIGHTER = """
ALTER TABLE job_timeline
    DROP CONSTRAINT job_timeline_job_id_fkey,
    DROP CONSTRAINT job_timeline_pkey;
DROP INDEX job_timeline_job_idx;
ALTER TABLE job_timeline ADD PRIMARY KEY (job_id, id);
CREATE TRIGGER forget_timeline AFTER DELETE ON marketplace_jobs
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.forget_timeline()
"""


def upgrade() -> None:
    op.execute(LIGHTER)
