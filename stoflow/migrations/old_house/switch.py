"""The third step: the new columns take the old names, the revisions are run, and what old programs write is kept."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from stoflow.migrations.chains import revision_of, write_upgrade
from stoflow.migrations.old_house.keeping import CARRIED, KEEPING
from stoflow.migrations.old_house.keeping_batches import COUNT_OPEN
from stoflow.migrations.old_house.locking import execute
from stoflow.migrations.revisions import TENANT, revisions_after

# Where the old program checked in its own code what may be left out. Triggers have filled in what matters.
FORMS = """
SELECT format(CASE WHEN w.attnotnull AND pg_get_expr(d.adbin, d.adrelid) IS NOT NULL
      THEN 'UPDATE {s}.%1$I SET %2$I = %3$s WHERE %2$I IS NULL; ' ELSE '' END
    || 'ALTER TABLE {s}.%1$I ALTER COLUMN %2$I ' || CASE WHEN w.attnotnull THEN 'SET' ELSE 'DROP' END || ' NOT NULL',
    c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class t JOIN pg_attribute w ON w.attrelid = t.oid AND w.attnum > 0
LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = w.attnum
JOIN pg_class c ON c.relnamespace = CAST(:schema AS regnamespace) AND c.relname = t.relname AND c.relkind = 'r'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w.attname AND a.attnotnull <> w.attnotnull
WHERE t.relnamespace = 'template_tenant'::regnamespace
"""

# Whoever owns the tenant looks at all of it: jobs of the old house were never announced.
ANNOUNCE = "INSERT INTO public.outbox (tenant, job) VALUES (substr('{s}', 6)::integer, 0)"

HELD_FOR = """
INSERT INTO {s}.carrying (name, is_done, seconds)
VALUES ('switch', true, extract(epoch FROM clock_timestamp() - statement_timestamp()))
"""

# What was to be cancelled before it began.
CANCEL = """
WITH job AS (
    UPDATE {s}.marketplace_jobs SET status = 'cancelled', completed_at = clock_timestamp()
    WHERE status = 'pending' AND cancel_requested AND started_at IS NULL RETURNING id
)
INSERT INTO {s}.job_timeline (job_id, from_status, to_status, cause)
SELECT id, 'pending', 'cancelled', 'cancel' FROM job
"""

FINISHED = "INSERT INTO {s}.carrying (name, is_done) VALUES ('finish', true)"
OLD_CONTRACT = "20261120_0900_contract"  # takes nothing away where rows were carried over
AT_ONCE = 3

# What an old program runs for an hour it runs no more: its calls end after five minutes. One that is kept as one row
# is StoFlow's; the column may not be there yet.
GIVE_UP = """
WITH job AS (
    UPDATE {s}.marketplace_jobs j
    SET status = 'failed', completed_at = clock_timestamp(), error_kind = 'unfinished',
        error_message = 'An old program had begun it and is gone: look whether the marketplace has it, or retry it.'
    WHERE j.status = 'running' AND coalesce(j.started_at, j.created_at) < clock_timestamp() - interval '{after}'
        AND to_jsonb(j) ->> 'folded' IS NULL
        AND NOT EXISTS (
            SELECT FROM {s}.marketplace_tasks t WHERE t.job_id = j.id AND t.status NOT IN ('completed', 'skipped'))
    RETURNING j.id
), said AS (
    INSERT INTO {s}.job_timeline (job_id, from_status, to_status, cause)
    SELECT id, 'running', 'failed', 'unfinished' FROM job
)
INSERT INTO public.outbox (tenant, job) SELECT substr('{s}', 6)::integer, id FROM job
"""
GIVEN_UP_AFTER = "1 hour"


def write_switch(connection: Connection, schema: str) -> str:
    """Return what gives the new columns the old names, and keeps what is written from then on."""
    before, behind = CARRIED.replace("{s}", schema), ";".join((*KEEPING, HELD_FOR)).replace("{s}", schema)
    return ";".join((before, write_upgrade(connection, schema, OLD_CONTRACT), behind))


def revisions_left(connection: Connection, schema: str) -> Sequence[str]:
    """Return the revisions up to which the rest is run, a few at a time, each time with the tables held anew."""
    left = revisions_after(TENANT, revision_of(connection, schema))
    return list(dict.fromkeys([*left[AT_ONCE - 1 :: AT_ONCE], *left[-1:]]))


def write_finish(connection: Connection, schema: str) -> str:
    """Return what makes the rest of the old program's ways the template's, and lets the owner look at the jobs."""
    forms = connection.execute(text(FORMS.replace("{s}", schema)), {"schema": schema}).scalars().all()
    return ";".join((*forms, CANCEL, COUNT_OPEN, ANNOUNCE, FINISHED)).replace("{s}", schema)


def give_up_running(connection: Connection, schema: str, *, after: str = GIVEN_UP_AFTER) -> None:
    """Fail what an old program began longer ago than this, and does not run any more."""
    execute(connection, GIVE_UP.replace("{after}", after), schema)
