"""Reaching PostgreSQL before anything else is tried: at once known, and told in one line."""

import time

import psycopg

from stoflow.domain.errors import DatabaseMisnamed, DatabaseUnavailable
from stoflow.storage.database.connecting import conninfo
from stoflow.storage.database.failures import failures_by_name
from stoflow.storage.database.session import Database

TRY_EVERY_S = 0.1
SETTING = "STOFLOW_DATABASE_URL"


def reach(database: Database, *, within_s: float = 0.0) -> None:
    """Connect once; raise DatabaseUnavailable at once, or, for what may pass, when it has not passed in time."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            _connect(database)
        except DatabaseUnavailable as error:
            if isinstance(error, DatabaseMisnamed) or time.monotonic() > deadline:
                raise
            time.sleep(TRY_EVERY_S)
        else:
            return


def _connect(database: Database) -> None:
    with failures_by_name(database.server):
        psycopg.connect(conninfo(database.url, application_name="stoflow")).close()


def is_read_only(database: Database) -> bool:
    """Whether PostgreSQL answers and takes nothing: a standby, or one that is kept from being written."""
    with database.records() as connection:
        row = connection.execute("SELECT current_setting('transaction_read_only')::boolean AS so").fetchone()
    return row is not None and row["so"]


def is_too_strong(database: Database) -> bool:
    """Whether the role that StoFlow was given for a PostgreSQL of its operator's is a superuser."""
    if database.server.setting != SETTING:
        return False
    with failures_by_name(database.server), psycopg.connect(conninfo(database.url, application_name="stoflow")) as one:
        return one.info.parameter_status("is_superuser") == "on"
