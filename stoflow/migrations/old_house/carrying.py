"""The second step: every old row is touched once, some at a time, so that its trigger fills in what is new."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg
from sqlalchemy import Connection, Engine, TextClause, text
from sqlalchemy.exc import OperationalError

from stoflow.migrations.old_house.locking import PAUSE_S, TRY_MS, execute

ROWS_AT_ONCE = 500
REST_S = 0.02
FEW_ROWS = 1_000  # of which the revisions make their indexes in no time

NEXT = """
SELECT max(id), count(*), (SELECT max(id) FROM {s}.{table}) FROM (
    SELECT id FROM {s}.{table} WHERE id > :last ORDER BY id LIMIT :limit) AS page
"""
# Rows that are written meanwhile were filled in as they were written.
TOUCH = {
    "batch_jobs": "UPDATE {s}.batch_jobs SET new_status = new_status WHERE id > :last AND id <= :until"
    " AND new_status IS NULL",
    "marketplace_jobs": "UPDATE {s}.marketplace_jobs SET new_status = new_status WHERE id > :last AND id <= :until"
    " AND new_status IS NULL",
    "products": "UPDATE {s}.products SET images = images WHERE id > :last AND id <= :until",
}
TAKE = "SELECT name, last_id FROM {s}.carrying WHERE NOT is_done ORDER BY name LIMIT 1"
REACHED = """
UPDATE {s}.carrying SET last_id = :until, rows = rows + :rows, seconds = seconds + :seconds WHERE name = :name
"""
DONE = "UPDATE {s}.carrying SET is_done = true WHERE name = :name"

# A batch that was only a text on its jobs has as many of them as there are.
COUNT_ORPHANS = """
UPDATE {s}.batch_jobs b SET total_count = c.jobs
FROM (SELECT batch_job_id, count(*) AS jobs FROM {s}.marketplace_jobs GROUP BY 1) AS c
WHERE b.total_count = 0 AND c.batch_job_id = b.id
"""

# What the switch needs is made while everybody goes on: an index by PostgreSQL's slow way, a check in two steps.
INDEXES = {
    "marketplace_jobs_pending_idx": "(marketplace, priority, id) WHERE new_status = 'pending'",
    "marketplace_jobs_running_idx": "(priority, id) WHERE new_status = 'running'",
    "marketplace_jobs_later_idx": "(not_before) WHERE new_status = 'pending' AND not_before IS NOT NULL",
    "marketplace_jobs_line_idx": "(marketplace, product_id, id) WHERE new_status IN ('pending', 'running')",
    "marketplace_jobs_batch_idx": "(batch_job_id) WHERE batch_job_id IS NOT NULL",
    "marketplace_jobs_product_idx": "(product_id)",
    "marketplace_jobs_expires_idx": "(expires_at)"
    " WHERE expires_at IS NOT NULL AND new_status IN ('pending', 'running')",
    "marketplace_jobs_ended_idx": "(completed_at) INCLUDE (marketplace, action_type_id, new_status, error_kind,"
    " started_at) WHERE completed_at IS NOT NULL",
}
KEY_INDEX = "marketplace_jobs_key_idx"
BROKEN_INDEX = """
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = CAST(:table AS regclass) AND NOT i.indisvalid
"""
VALIDATE = """
SELECT format('ALTER TABLE {s}.%I VALIDATE CONSTRAINT %I', c.relname, k.conname)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.connamespace = CAST(:schema AS regnamespace) AND NOT k.convalidated ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """So many rows at once, and for how long nothing is carried over between two such times."""

    rows: int = ROWS_AT_ONCE
    rest_s: float = REST_S


@dataclass(frozen=True, slots=True)
class Progress:
    """Rows up to the id `reached` are carried over; the last one there is has the id `last`."""

    schema: str
    table: str
    reached: int
    last: int


Tell = Callable[[Progress], None]


def carry_rows(engine: Engine, schema: str, pace: Pace, tell: Tell) -> None:
    """Carry over every row that is not yet; a run that was killed is resumed behind its last commit."""
    while (named := _next_table(engine, schema)) is not None:
        table, last = named
        progress = _again(partial(_some_rows, engine, schema, table, last, pace.rows))
        if progress is not None:
            tell(progress)
            time.sleep(pace.rest_s)
    with engine.begin() as connection:
        execute(connection, COUNT_ORPHANS, schema)


def prepare_switch(engine: Engine, schema: str) -> None:
    """Make the indexes and checks that the new shape has, beside those who write."""
    jobs = f"{schema}.marketplace_jobs"
    with _each_by_itself(engine) as connection:
        execute(connection, "SET lock_timeout = 0")  # PostgreSQL waits for those who write, and nobody waits for it
        for name in connection.execute(text(BROKEN_INDEX), {"table": jobs}).scalars().all():
            execute(connection, f"DROP INDEX CONCURRENTLY {schema}.{name}")  # of a run that was killed
        if connection.execute(text(f"SELECT count(*) FROM {jobs}")).scalar_one() > FEW_ROWS:
            _make_indexes(connection, jobs)
        for statement in connection.execute(text(VALIDATE.replace("{s}", schema)), {"schema": schema}).scalars().all():
            execute(connection, statement)


def _make_indexes(connection: Connection, jobs: str) -> None:
    for name, shape in INDEXES.items():
        execute(connection, f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {jobs} {shape}")
    execute(connection, f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {KEY_INDEX} ON {jobs} (idempotency_key)")


def _next_table(engine: Engine, schema: str) -> tuple[str, int] | None:
    with engine.begin() as connection:
        row = connection.execute(text(TAKE.replace("{s}", schema))).one_or_none()
        return (row.name, row.last_id) if row else None


def _some_rows(engine: Engine, schema: str, table: str, last: int, limit: int) -> Progress | None:
    """Carry over the next rows in one transaction, with a note of how far that is; None where there are no more."""
    begun_s = time.monotonic()

    def said(statement: str) -> TextClause:
        return text(statement.replace("{s}", schema).replace("{table}", table))

    with engine.begin() as connection:
        execute(connection, f"SET LOCAL lock_timeout = {TRY_MS}; SET LOCAL stoflow.carrying = 'on'")
        until, rows, highest = connection.execute(said(NEXT), {"last": last, "limit": limit}).one()
        if not rows:
            connection.execute(said(DONE), {"name": table})
            return None
        connection.execute(said(TOUCH[table]), {"last": last, "until": until})
        took = {"name": table, "until": until, "rows": rows, "seconds": time.monotonic() - begun_s}
        connection.execute(said(REACHED), took)
    return Progress(schema, table, until, highest)


def _again(do: Callable[[], Progress | None]) -> Progress | None:
    """Do it until no old program holds any of these rows: who waits for whom is then never a circle for long."""
    while True:
        try:
            return do()
        except (OperationalError, psycopg.OperationalError) as error:
            cause = error.orig if isinstance(error, OperationalError) else error
            if not isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
                raise
            time.sleep(PAUSE_S)


@contextmanager
def _each_by_itself(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
