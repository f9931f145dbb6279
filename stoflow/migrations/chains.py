"""The two streams of revisions, each run on one connection for one schema."""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import psycopg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from stoflow.migrations.revisions import BASELINE, TENANT, VERSION_TABLE, folder_of

PUBLIC_SCHEMA = "public"
TEMPLATE_SCHEMA = "template_tenant"

# Alembic's own table holds 32 characters, and several revisions have longer names.
VERSION_TABLE_STATEMENTS = (
    """CREATE TABLE IF NOT EXISTS "{schema}".alembic_version
       (version_num text NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY)""",
    """ALTER TABLE "{schema}".alembic_version ALTER COLUMN version_num TYPE text""",
)


@cache
def _scripts(stream: str) -> ScriptDirectory:
    return ScriptDirectory(str(folder_of(stream)))


def upgrade(connection: Connection, stream: str, schema: str, target: str = "head") -> None:
    """Bring one schema to `target` in the transaction that is open; the caller ends it."""
    scripts = _scripts(stream)
    _prepare_version_table(connection, stream, schema)

    def steps(revision: Any, _context: MigrationContext) -> Sequence[Any]:
        return scripts._upgrade_revs(target, revision)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

    # Revisions name their tables without a schema: this transaction has one, and forgets it at its end.
    connection.execute(text("SELECT set_config('search_path', quote_ident(:schema), true)"), {"schema": schema})
    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev=target) as environment:
        environment.configure(connection=connection, version_table=VERSION_TABLE, version_table_schema=schema)
        environment.run_migrations()


def revision_of(connection: Connection, schema: str) -> str | None:
    """Return the revision a schema is at, None where it was never stamped."""
    if not _has_table(connection, schema, VERSION_TABLE):
        return None
    return connection.execute(text(f'SELECT version_num FROM "{schema}".{VERSION_TABLE}')).scalar_one_or_none()


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """Return what of psycopg carries a connection."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _prepare_version_table(connection: Connection, stream: str, schema: str) -> None:
    """Make room for a revision's whole name, and stamp a legacy tenant: there only `public` had a version table."""
    for statement in VERSION_TABLE_STATEMENTS:
        connection.execute(text(statement.format(schema=schema)))
    is_legacy = stream == TENANT and _has_table(connection, schema, "marketplace_jobs")
    if is_legacy and revision_of(connection, schema) is None:
        connection.execute(text(f'INSERT INTO "{schema}".{VERSION_TABLE} VALUES (:base)'), {"base": BASELINE})


def _has_table(connection: Connection, schema: str, table: str) -> bool:
    query = text("SELECT to_regclass(quote_ident(:schema) || '.' || quote_ident(:name)) IS NOT NULL")
    return bool(connection.execute(query, {"schema": schema, "name": table}).scalar_one())
