"""The end of a change-over from the old house, or of an attempt at one: tenant by tenant, each in one transaction."""

from collections.abc import Callable, Sequence

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from stoflow.migrations.old_house.contract import StillWritten, contract, undo
from stoflow.migrations.old_house.locking import locked, tables_of
from stoflow.migrations.old_house.shape import schemas_expanded, schemas_keeping
from stoflow.migrations.old_house.shared import forget_action_types
from stoflow.migrations.runner import LOCK_MS, Failure, Report, engine_of, only_one_run
from stoflow.storage.database.connecting import server_of
from stoflow.storage.database.sessions import unavailable_by_name

UNUSED_H = 24.0
Do = Callable[[Connection, str], None]


def contract_all(database_url: str, *, unused_h: float = UNUSED_H) -> Report:
    """Take the old names away where no old program wrote by them for so many hours; the others are named."""

    def end(connection: Connection, schema: str) -> None:
        contract(connection, schema, unused_s=unused_h * 3_600)

    report = _each(database_url, schemas_keeping, end)
    if not report.failed:
        engine = engine_of(database_url)
        with unavailable_by_name(server_of(database_url)), engine.begin() as connection:
            if not schemas_expanded(connection):
                forget_action_types(connection)
    return report


def undo_all(database_url: str) -> Report:
    """Take back the expand of tenants that have not come further."""
    return _each(database_url, schemas_expanded, undo)


def _each(database_url: str, listed: Callable[[Connection], Sequence[str]], do: Do) -> Report:
    engine, done, failed = engine_of(database_url), list[str](), list[Failure]()
    with unavailable_by_name(server_of(database_url)), only_one_run(engine):
        with engine.connect() as connection:
            schemas = listed(connection)
        for schema in schemas:
            try:
                _locked(engine, schema, do)
            except (StillWritten, SQLAlchemyError, psycopg.Error) as error:
                failed.append(Failure(schema, str(error).splitlines()[0]))
            else:
                done.append(schema)
    return Report(tuple(done), 0, tuple(failed))


def _locked(engine: Engine, schema: str, do: Do) -> None:
    locked(engine, tables_of(schema), lambda connection: do(connection, schema), within_ms=LOCK_MS)
