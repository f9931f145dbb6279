"""A statement that writes the event of its change itself flips `told`: the trigger writes those of all others.

PostgreSQL compiles a trigger's function, and plans what is in it, for each tenant's table in each connection.
"""

from alembic import op

revision = "20261129_1702_told"
down_revision = "20261129_1701_statistics"

DROP = "DROP TRIGGER tell_job ON marketplace_jobs"
MAKE = """
CREATE TRIGGER tell_job AFTER UPDATE OF status ON marketplace_jobs FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status{and_not_told}) EXECUTE FUNCTION public.tell_job()
"""


def upgrade() -> None:
    op.execute("ALTER TABLE marketplace_jobs ADD COLUMN told boolean NOT NULL DEFAULT false")
    op.execute(DROP)
    op.execute(MAKE.format(and_not_told=" AND OLD.told = NEW.told"))


def downgrade() -> None:
    op.execute(DROP)
    op.execute(MAKE.format(and_not_told=""))
    op.execute("ALTER TABLE marketplace_jobs DROP COLUMN told")
