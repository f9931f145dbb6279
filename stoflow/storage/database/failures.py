"""What an error of psycopg means to people: one sentence, without statement, relation or schema."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout

from stoflow.domain.errors import (
    DatabaseError,
    DatabaseMisnamed,
    DatabaseNotPrepared,
    DatabaseRefused,
    DatabaseUnavailable,
)
from stoflow.storage.database.connecting import Server

# Classes of SQLSTATE: connection exception, insufficient resources (disk full, too many connections).
UNAVAILABLE_CLASSES = frozenset({"08", "53"})
# Our statements are fixed, so these say that what they name is not there or not as it was made: half a migration, half
# a restored backup (tables come before their keys and numbers). Every value that may not be null is given or made.
NOT_PREPARED = (
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.UndefinedObject,
    errors.UndefinedFunction,
    errors.InvalidSchemaName,
    errors.InvalidColumnReference,
    errors.DatatypeMismatch,
    errors.WrongObjectType,
    errors.NotNullViolation,
)
LATER = "try again in a moment"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong and what to do, `{setting}` being what names the server; `is_misnamed` where waiting is no use."""

    what: str
    cure: str
    is_misnamed: bool = False


BROKEN_OFF = Trouble("broke the connection off", "try again when it runs")
TOO_FULL = Trouble("has no connection free", "end some, or raise its max_connections")
NOT_IN_TIME = Trouble("does not answer in time", "see whether it runs, and whether {setting} is right")
ANY_OTHER = Trouble("cannot serve now", "see its log, and whether {setting} is right")

# What PostgreSQL says by a class of its own.
BY_CLASS: Mapping[type[BaseException], Trouble] = {
    errors.AdminShutdown: Trouble("was stopped", "try again when it runs"),
    errors.CrashShutdown: Trouble("was stopped", "try again when it runs"),
    errors.CannotConnectNow: Trouble("is starting or stopping", LATER),
    errors.IdleInTransactionSessionTimeout: Trouble("ended a transaction that stood still", LATER),
    errors.TransactionTimeout: Trouble("ended a transaction that took too long", LATER),
    errors.LockNotAvailable: Trouble("did not get what another transaction holds", LATER),
    errors.QueryCanceled: Trouble("did not finish in the time it has", "try again when it is less busy"),
    errors.DiskFull: Trouble("has no disk space left", "free some"),
    errors.OutOfMemory: Trouble("has no memory left", "give it more, or try again later"),
    errors.TooManyConnections: TOO_FULL,
    errors.ReadOnlySqlTransaction: Trouble("can only be read", "name the primary in {setting}", is_misnamed=True),
    errors.InsufficientPrivilege: Trouble(
        "lets this user do too little", "name in {setting} the user who ran `stoflow migrate`", is_misnamed=True
    ),
    PoolClosed: Trouble("is not used any more by this process", "start it again"),
}

# What can only be told by its words: no SQLSTATE comes with a connection that was not made. The first that fits.
BY_WORDS: Sequence[tuple[str, Trouble]] = (
    (
        "resolve host|translate host name",
        Trouble("is not found by that name", "correct {setting}", is_misnamed=True),
    ),
    (
        "authentication failed|no password supplied|role .* does not exist|not permitted to log in",
        Trouble("takes another user or password", "correct {setting}", is_misnamed=True),
    ),
    (
        "database .* does not exist|no such database",
        Trouble("has no such database", "create it, or correct {setting}", is_misnamed=True),
    ),
    (
        "the database is encoded in",
        Trouble(
            "has a database that is not in UTF-8",
            "create one with ENCODING 'UTF8' TEMPLATE template0, and name it in {setting}",
            is_misnamed=True,
        ),
    ),
    (
        "statement pooling mode",
        Trouble("is behind a pooler that knows no transactions", "set its pool_mode to transaction", is_misnamed=True),
    ),
    (
        "unsupported startup parameter",
        Trouble("is behind a pooler that takes no start-up options", "take options out of {setting}", is_misnamed=True),
    ),
    (
        "pg_hba.conf .*no encryption",
        Trouble("takes encrypted connections only", "add ?sslmode=require to {setting}", is_misnamed=True),
    ),
    (
        "pg_hba.conf",
        Trouble("lets nobody in from here", "add us to its pg_hba.conf, or correct {setting}", is_misnamed=True),
    ),
    (
        "server does not support SSL",
        Trouble("speaks no TLS", "take sslmode out of {setting}", is_misnamed=True),
    ),
    (
        "certificate|SSL error",
        Trouble("has a certificate that is not trusted", "name its root in {setting} as sslrootcert", is_misnamed=True),
    ),
    (
        "invalid (integer )?value|invalid connection option|invalid port|sslmode value",
        Trouble("cannot be asked in that way", "correct {setting}", is_misnamed=True),
    ),
    ("too many (clients|connections)|connection slots|no more connections allowed", TOO_FULL),
    ("starting up|shutting down|recovery mode|not (yet )?accepting", BY_CLASS[errors.CannotConnectNow]),
    ("Connection refused|No such file or directory", Trouble("is not there", "start it, or correct {setting}")),
    ("time(d )?out|query_wait_timeout|couldn't get a connection", NOT_IN_TIME),
    ("No route to host|unreachable", Trouble("cannot be reached from here", "mend the network, or correct {setting}")),
    ("Permission denied", Trouble("is closed to this user of the system", "be another, or correct {setting}")),
    ("closed the connection|consuming input|connection is (closed|lost)|reset by peer|Broken pipe", BROKEN_OFF),
)


@contextmanager
def failures_by_name(server: Server) -> Iterator[None]:
    """Turn every error of psycopg into one of ours: who waits for PostgreSQL need not know by which driver."""
    try:
        yield
    except psycopg.Error as error:
        raise told(error, server) or DatabaseRefused(error.diag.message_primary or str(error)) from error


def told(cause: BaseException | None, server: Server) -> DatabaseError | None:
    """Return what says "not now" or "not prepared" in words of ours, None for any other error."""
    if isinstance(cause, NOT_PREPARED):
        return DatabaseNotPrepared()
    trouble = _trouble(cause)
    if trouble is None:
        return None
    kind = DatabaseMisnamed if trouble.is_misnamed else DatabaseUnavailable
    return kind(f"{server.name} {trouble.what}: {trouble.cure.format(setting=server.setting)}.")


def _trouble(cause: BaseException | None) -> Trouble | None:
    """Return what is wrong with the server, None where it is the statement."""
    known = next((trouble for kind, trouble in BY_CLASS.items() if isinstance(cause, kind)), None)
    if known is not None:
        return known
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return None
    if cause.sqlstate is not None and cause.sqlstate[:2] not in UNAVAILABLE_CLASSES:
        return None
    # A pool that waited in vain keeps why as the cause of its time-out.
    words = str(cause.__cause__ if isinstance(cause, PoolTimeout) and cause.__cause__ else cause)
    found = (trouble for pattern, trouble in BY_WORDS if re.search(pattern, words, re.IGNORECASE | re.DOTALL))
    return next(found, ANY_OTHER)
