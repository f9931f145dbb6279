"""A connection for whoever asks PostgreSQL once: no pool, whose threads would be there for nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.rows import DictRow, dict_row

from stoflow.storage.database.connecting import SESSION_SETTINGS, conninfo, server_of
from stoflow.storage.database.failures import failures_by_name
from stoflow.storage.database.guarding import setting_locally


@contextmanager
def single_connection(url: str) -> Iterator[psycopg.Connection[DictRow]]:
    """Lend a connection for one transaction of the engine's SQL; raise DatabaseError as a pool's would."""
    info, connect = conninfo(url, application_name="stoflow"), psycopg.Connection[DictRow].connect
    with failures_by_name(server_of(url)), connect(info, row_factory=dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        connection.execute(setting_locally(SESSION_SETTINGS))
        yield connection
