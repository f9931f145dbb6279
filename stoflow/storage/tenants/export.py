"""All that a tenant has in tables, row by row, as of one moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from psycopg import sql

from stoflow.domain.errors import DatabaseNotPrepared
from stoflow.domain.ids import TenantId
from stoflow.storage.database.session import Database, Records, schema_name

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
LEFT_OUT: Final = ("alembic_version", "consents")  # the second is worth nothing but to who asked
SECRETS: Final = ["secret", "verifier"]
TABLES = """
SELECT relname AS name FROM pg_class
WHERE relnamespace = to_regnamespace(%(schema)s) AND relkind = 'r' AND relname <> ALL (%(left_out)s) ORDER BY relname
"""
ROWS = "SELECT (to_jsonb(r) - {secrets}::text[])::text AS line FROM {table} r"
ACCOUNT = """
SELECT (to_jsonb(u) - ARRAY['hashed_password', 'failed_login_attempts', 'locked_until'])::text AS line
FROM public.users u WHERE id = %(tenant)s
"""
ROWS_AT_ONCE: Final = 500


@contextmanager
def snapshot_of(database: Database, tenant: TenantId) -> Iterator[Iterator[tuple[str, Iterator[str]]]]:
    """Give each table by name with its rows as JSON; the rows of one are read before the next one is asked for.

    Raise DatabaseNotPrepared where the tenant has no tables.
    """
    with database.records() as connection:
        connection.execute(SNAPSHOT)
        yield _tables(connection, tenant)


def _tables(connection: Records, tenant: TenantId) -> Iterator[tuple[str, Iterator[str]]]:
    yield "account", iter([row["line"] for row in connection.execute(ACCOUNT, {"tenant": tenant})])
    asked = {"schema": schema_name(tenant), "left_out": list(LEFT_OUT)}
    tables = connection.execute(TABLES, asked).fetchall()
    if not tables:
        raise DatabaseNotPrepared(f"What tenant {tenant} has stored is not there.")  # an empty zip would say otherwise
    for row in tables:
        yield row["name"], _rows(connection, tenant, row["name"])


def _rows(connection: Records, tenant: TenantId, table: str) -> Iterator[str]:
    query = sql.SQL(ROWS).format(secrets=sql.Literal(SECRETS), table=sql.Identifier(schema_name(tenant), table))
    with connection.cursor(name="export") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(query)
        for row in cursor:
            yield row["line"]
