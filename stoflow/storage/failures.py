"""Which errors of psycopg and SQLAlchemy mean that PostgreSQL cannot serve now."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout
from sqlalchemy.exc import DBAPIError

from stoflow.domain.errors import DatabaseRefused, DatabaseUnavailable

# Classes of SQLSTATE: connection exception, insufficient resources (disk full, too many connections).
UNAVAILABLE_CLASSES = frozenset({"08", "53"})
UNAVAILABLE = (
    PoolTimeout,
    PoolClosed,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
    errors.LockNotAvailable,
    errors.QueryCanceled,  # by statement_timeout
)


@contextmanager
def unavailable_by_name() -> Iterator[None]:
    """Turn every error that says "not now" into DatabaseUnavailable; let every other one pass."""
    try:
        yield
    except (psycopg.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not _is_unavailable(cause):
            raise
        message = f"The database cannot serve now: {cause}"
        raise DatabaseUnavailable(message) from error


@contextmanager
def failures_by_name() -> Iterator[None]:
    """Turn every error of psycopg into one of ours: who waits for PostgreSQL need not know by which driver."""
    try:
        with unavailable_by_name():
            yield
    except psycopg.Error as error:
        raise DatabaseRefused(error.diag.message_primary or str(error)) from error


def _is_unavailable(cause: BaseException | None) -> bool:
    if isinstance(cause, UNAVAILABLE):
        return True
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    return cause.sqlstate is None or cause.sqlstate[:2] in UNAVAILABLE_CLASSES  # no state: the connection broke
