"""A transaction that is the caller's own: lent to StoFlow's statements, and committed by nobody but the caller."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from stoflow.domain.errors import ConfigurationError
from stoflow.storage.database.session import Records

WANTED = "a session or connection of SQLAlchemy's with the driver psycopg, or a connection of psycopg's"


@contextmanager
def lent_by_caller(session: Any) -> Iterator[Records]:
    """Lend the psycopg connection under a caller's session, whose transaction goes on as it was.

    Raise ConfigurationError for what has none, and for one that commits each statement by itself.
    """
    connection = _psycopg_of(session)
    if connection.autocommit:
        raise ConfigurationError("This connection commits each statement by itself: begin a transaction for the job.")
    theirs = connection.row_factory
    connection.row_factory = dict_row
    try:
        yield connection
    finally:
        connection.row_factory = theirs


def _psycopg_of(session: Any) -> psycopg.Connection[Any]:
    found = session
    if callable(getattr(found, "connection", None)):  # a Session of SQLAlchemy's
        found = found.connection()
    found = getattr(getattr(found, "connection", None), "driver_connection", found)
    if not isinstance(found, psycopg.Connection):
        message = f"A job is made within {WANTED}, not within {type(session).__name__}."
        raise ConfigurationError(message)
    return found
