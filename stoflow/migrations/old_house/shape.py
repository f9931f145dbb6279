"""What an old schema is recognised by, and what of the old shape it lacks."""

import re
from collections.abc import Collection, Iterator, Sequence

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from stoflow.migrations.chains import driver_of, has_table, old_shape, revision_of, search
from stoflow.migrations.revisions import BASELINE

TABLES = ("products", "batch_jobs", "marketplace_jobs", "marketplace_tasks", "vinted_job_stats")
NAMED = re.compile(r"CREATE (TYPE|TABLE) (\w+)")
BEGUN = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = 'old_writes' AND n.nspname ~ '^user_[0-9]+$' ORDER BY substr(n.nspname, 6)::bigint
"""
KEEPS = "AND EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid AND p.proname = 'keep_new_job') ORDER BY"
KEEPING = BEGUN.replace("ORDER BY", KEEPS)
HAS_FUNCTION = """
SELECT EXISTS (
    SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = :schema AND p.proname = 'keep_new_job')
"""
FINISHED = "SELECT EXISTS (SELECT FROM {s}.carrying WHERE name = 'finish')"
HAS_TYPE = "SELECT EXISTS (SELECT FROM pg_type WHERE typname = :name AND typnamespace = CAST(:schema AS regnamespace))"


def is_old(connection: Connection, schema: str) -> bool:
    """Say whether a tenant's schema is still of the old shape, or is being carried over from it."""
    if keeps_old_names(connection, schema):
        return not connection.execute(text(FINISHED.replace("{s}", schema))).scalar_one()
    if revision_of(connection, schema) not in {None, BASELINE}:
        return False
    return any(has_table(connection, schema, table) for table in TABLES)


def keeps_old_names(connection: Connection, schema: str) -> bool:
    """Say whether a schema has been switched and keeps what old programs write."""
    return bool(connection.execute(text(HAS_FUNCTION), {"schema": schema}).scalar_one())


def schemas_keeping(connection: Connection) -> Sequence[str]:
    """Return the tenants' schemas that were carried over and keep what old programs write, oldest first."""
    return connection.execute(text(KEEPING)).scalars().all()


def schemas_unfinished(connection: Connection) -> Collection[str]:
    """Return those of them at which a run was killed before its last step, though all revisions are run there."""
    return {schema for schema in schemas_keeping(connection) if is_old(connection, schema)}


def schemas_expanded(connection: Connection) -> Sequence[str]:
    """Return those that are of the old shape still, with what is new beside it."""
    keeping = set(schemas_keeping(connection))
    return [schema for schema in connection.execute(text(BEGUN)).scalars() if schema not in keeping]


def is_carried(context: MigrationContext) -> bool:
    """Say whether the rows of the schema that is searched were carried over before its revisions are run.

    Where statements are only written down nothing can be asked, and whoever writes them down says it.
    """
    if context.as_sql:
        return bool(context.opts["is_carried"])
    assert context.bind is not None
    return bool(context.bind.execute(text("SELECT to_regclass('old_writes') IS NOT NULL")).scalar_one())


def make_missing(connection: Connection, schema: str) -> None:
    """Make the tables and types of the old shape that are not there: life leaves such schemas."""
    search(connection, schema)
    for statement in _missing(connection, schema):
        driver_of(connection).execute(statement.encode())


def _missing(connection: Connection, schema: str) -> Iterator[str]:
    for statement in old_shape():
        found = NAMED.search(statement)
        assert found is not None
        kind, name = found.groups()
        is_there = (
            connection.execute(text(HAS_TYPE), {"name": name, "schema": schema}).scalar_one()
            if kind == "TYPE"
            else has_table(connection, schema, name)
        )
        if not is_there:
            yield statement
