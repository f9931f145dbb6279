"""Each call that a job made, in two files: a table so narrow that it needs no TOAST, and an index.

No key is checked for each row, as in the timeline: the statement that forgets jobs forgets their calls.
"""

from alembic import op

revision = "20261130_1760_calls"
down_revision = "20261130_1730_fewer_files"

CALLS = """
CREATE TABLE job_calls (
  job_id integer NOT NULL,
  at timestamptz NOT NULL,
  attempt integer NOT NULL,
  code integer,
  took_ms integer NOT NULL,
  task varchar(60) NOT NULL,
  purpose varchar(10) NOT NULL,
  method varchar(10) NOT NULL,
  path varchar(250) NOT NULL,
  error varchar(120)
);
CREATE INDEX job_calls_idx ON job_calls (job_id, at)
"""


def upgrade() -> None:
    op.execute(CALLS)


def downgrade() -> None:
    op.execute("DROP TABLE job_calls")
