"""The two streams of revisions, each run on one connection for one schema."""

from collections.abc import Sequence
from functools import cache
from io import StringIO
from typing import Any, cast

import psycopg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from stoflow.migrations.revisions import BASELINE, SHARED, TENANT, VERSION_TABLE, folder_of

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
    _prepare_version_table(connection, stream, schema)
    search(connection, schema)
    with _environment(stream, target) as environment:
        environment.configure(connection=connection, version_table=VERSION_TABLE, version_table_schema=schema)
        environment.run_migrations()


def write_upgrade(connection: Connection, schema: str, target: str) -> str:
    """Return in one text what brings a tenant whose rows were carried over from where it is to `target`.

    Who executes it has to send one message while it holds the tables, and is waited for no longer than that takes.
    """
    start, written = revision_of(connection, schema) or BASELINE, StringIO()
    with _environment(TENANT, target, as_sql=True, starting_rev=start) as environment:
        environment.configure(
            dialect_name="postgresql", dialect_opts={"paramstyle": "named"},  # others would double each per cent sign
            output_buffer=written, version_table=VERSION_TABLE, version_table_schema=schema, is_carried=True,
        )  # fmt: skip
        environment.run_migrations()
    versions = f'"{schema}".{VERSION_TABLE}'
    stamp = f"INSERT INTO {versions} SELECT '{start}' WHERE NOT EXISTS (TABLE {versions})"
    prepared = [statement.format(schema=schema) for statement in VERSION_TABLE_STATEMENTS]
    return ";\n".join([*prepared, stamp, f'SET LOCAL search_path = "{schema}"', written.getvalue()])


def _environment(stream: str, target: str, **more: Any) -> EnvironmentContext:
    scripts = _scripts(stream)

    def steps(revision: Any, _context: MigrationContext) -> Sequence[Any]:
        return scripts._upgrade_revs(target, revision)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

    return EnvironmentContext(Config(), scripts, fn=steps, destination_rev=target, **more)


def search(connection: Connection, schema: str) -> None:
    """Let statements name their tables without a schema: this transaction has one, and forgets it at its end."""
    connection.execute(text("SELECT set_config('search_path', quote_ident(:schema), true)"), {"schema": schema})


def revision_of(connection: Connection, schema: str) -> str | None:
    """Return the revision a schema is at, None where it was never stamped."""
    if not has_table(connection, schema, VERSION_TABLE):
        return None
    return connection.execute(text(f'SELECT version_num FROM "{schema}".{VERSION_TABLE}')).scalar_one_or_none()


def old_shape() -> tuple[str, ...]:
    """Return the statements that make a tenant's types and tables of the old shape, each one thing."""
    module: Any = _scripts(TENANT).get_revision(BASELINE).module
    parts: tuple[str, ...] = (module.TYPES, module.PRODUCTS, module.JOBS)
    return tuple(statement for part in parts for statement in part.split(";") if statement.strip())


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """Return what of psycopg carries a connection."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _prepare_version_table(connection: Connection, stream: str, schema: str) -> None:
    """Make room for a revision's whole name, and stamp what is of the old shape: there only `public` may have one."""
    for statement in VERSION_TABLE_STATEMENTS:
        connection.execute(text(statement.format(schema=schema)))
    known = ("vinted", "action_types") if stream == SHARED else (schema, "marketplace_jobs")
    if has_table(connection, *known) and revision_of(connection, schema) is None:
        connection.execute(text(f'INSERT INTO "{schema}".{VERSION_TABLE} VALUES (:base)'), {"base": BASELINE})


def has_table(connection: Connection, schema: str, table: str) -> bool:
    """Say whether there is such a relation."""
    query = text("SELECT to_regclass(quote_ident(:schema) || '.' || quote_ident(:name)) IS NOT NULL")
    return bool(connection.execute(query, {"schema": schema, "name": table}).scalar_one())
