"""A clock that stands still until it is moved: the time by which PostgreSQL decides in one database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql

from stoflow.domain.errors import ConfigurationError
from stoflow.storage.database.connecting import plain_url

# What is built in keeps its number, so every default, trigger and statement asks this clock, whatever it names. The
# planner puts the body of such a function in its place before anything is executed.
INSTALL = """
CREATE SCHEMA clock;
CREATE TABLE clock.reading (at timestamptz NOT NULL);
INSERT INTO clock.reading VALUES (pg_catalog.clock_timestamp());
CREATE FUNCTION clock.read() RETURNS timestamptz LANGUAGE plpgsql STABLE AS
  'BEGIN RETURN (SELECT at FROM clock.reading); END';
GRANT USAGE ON SCHEMA clock TO PUBLIC;
GRANT SELECT ON clock.reading TO PUBLIC;
CREATE OR REPLACE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS 'SELECT clock.read()';
CREATE OR REPLACE FUNCTION pg_catalog.now() RETURNS timestamptz LANGUAGE sql STABLE
  AS 'SELECT clock.read()';
"""
NO_SUPERUSER = (
    "A virtual clock takes the place of now() in databases of its own, which only a superuser of PostgreSQL may have:"
    " name such a user in STOFLOW_DATABASE_URL, or leave it unset for embedded servers."
)
TIMES = """
SELECT n.nspname AS schema, c.relname AS table, a.attname AS column
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.atttypid = 'timestamptz'::regtype AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r'
  AND n.nspname = ANY(%s)
"""
TOLD = "SELECT now() = at AND clock_timestamp() = at FROM clock.reading"
NOT_TOLD = (
    "PostgreSQL {version} goes by its own clock where now() is replaced: use one of the versions that StoFlow names."
)
A_MOMENT = timedelta(milliseconds=1)


def install_clock(url: str) -> None:
    """Let this database and its copies be told the time; raise ConfigurationError where the user may not."""
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        try:
            connection.execute(INSTALL)
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigurationError(NO_SUPERUSER) from error
        told = connection.execute(TOLD).fetchone()
        if told != (True,):
            raise ConfigurationError(NOT_TOLD.format(version=connection.info.server_version))


class VirtualClock:
    """The clock of one database, set to the machine's time when it is opened."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(plain_url(url), autocommit=True)
        self._queries: dict[Sequence[str], sql.Composed] = {}
        self._now = datetime.now(UTC)
        self.move_to(self._now)

    def close(self) -> None:
        self._connection.close()

    @property
    def now(self) -> datetime:
        return self._now

    def epoch_s(self) -> float:
        return self._now.timestamp()

    def move_to(self, at: datetime) -> None:
        """Let it be `at` for every process and every connection."""
        self._connection.execute("UPDATE clock.reading SET at = %s", [at])
        self._now = at

    def next_time(self, schemas: Sequence[str], *, until: datetime) -> datetime:
        """Return a moment after the next time that any row of these schemas names, `until` at the latest.

        Whatever waits for a time has it in a row, so nothing that is due by then is passed over.
        """
        key = tuple(schemas)
        if key not in self._queries:
            self._queries[key] = self._query_of(key)
        found = self._connection.execute(self._queries[key], [self._now], prepare=True).fetchone()
        at: datetime | None = found[0] if found else None
        return until if at is None else min(at + A_MOMENT, until)

    def _query_of(self, schemas: Sequence[str]) -> sql.Composed:
        named = (
            sql.SQL("SELECT {} AS at FROM {}").format(sql.Identifier(column), sql.Identifier(schema, table))
            for schema, table, column in self._connection.execute(TIMES, [list(schemas)])
        )
        return sql.SQL("SELECT min(at) FROM ({}) AS named WHERE at > %s").format(sql.SQL(" UNION ALL ").join(named))
