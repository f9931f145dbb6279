"""Counts that programs of the old house read of batches, where such a program may still be: the migration made how."""

from typing import LiteralString, cast

from stoflow.storage.database.session import Database

KEEPING = """
SELECT n.nspname AS schema FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = 'count_old_batches' AND n.nspname ~ '^user_[0-9]+$'
"""


def count_old_batches(database: Database) -> int:
    """Count what changed since the last time, a tenant to a transaction; return how many batches did."""
    with database.records() as connection:
        schemas = [row["schema"] for row in connection.execute(KEEPING)]
    return sum(_count(database, schema) for schema in schemas)


def _count(database: Database, schema: str) -> int:
    with database.records() as connection:
        statement = cast("LiteralString", f"SELECT {schema}.count_old_batches() AS batches")
        row = connection.execute(statement).fetchone()
    return row["batches"] if row else 0
