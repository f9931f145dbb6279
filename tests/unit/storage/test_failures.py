"""What PostgreSQL and its driver say becomes one sentence that names the server and what to do."""

import psycopg
import pytest
from psycopg import errors
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import OperationalError

from stoflow.domain.errors import (
    DatabaseError,
    DatabaseMisnamed,
    DatabaseNotPrepared,
    DatabaseRefused,
    DatabaseUnavailable,
)
from stoflow.storage.database.connecting import server_of
from stoflow.storage.database.failures import BY_CLASS, failures_by_name
from stoflow.storage.database.sessions import unavailable_by_name

URL = "postgresql://seller:hunter2@db.example:5433/stoflow?password=hunter2"
AT = 'connection failed: connection to server at "10.0.0.1", port 5433 failed: '


def told(error: Exception) -> DatabaseError:
    with pytest.raises(DatabaseError) as raised, failures_by_name(server_of(URL)):
        raise error
    return raised.value


@pytest.mark.parametrize(
    ("said", "what", "kind"),
    [
        (f"{AT}Connection refused\n\tIs the server running?", "is not there: start it", DatabaseUnavailable),
        (
            'connection to server on socket "/x/.s" failed: No such file or directory',
            "is not there",
            DatabaseUnavailable,
        ),
        ("failed to resolve host 'db.example': [Errno -2]", "is not found by that name", DatabaseMisnamed),
        ("connection timeout expired", "does not answer in time", DatabaseUnavailable),
        (f"{AT}timeout expired", "does not answer in time", DatabaseUnavailable),
        (f'{AT}FATAL:  password authentication failed for user "seller"', "another user or password", DatabaseMisnamed),
        (f"{AT}fe_sendauth: no password supplied", "another user or password", DatabaseMisnamed),
        (f'{AT}FATAL:  role "seller" does not exist', "another user or password", DatabaseMisnamed),
        (f'{AT}FATAL:  database "stoflow" does not exist', "has no such database: create it", DatabaseMisnamed),
        (
            f'{AT}FATAL:  no pg_hba.conf entry for host "10.0.0.2", user "seller", database "stoflow", no encryption',
            "add ?sslmode=require to STOFLOW_DATABASE_URL",
            DatabaseMisnamed,
        ),
        (
            f'{AT}FATAL:  pg_hba.conf rejects connection for host "10.0.0.2", SSL encryption',
            "lets nobody in from here",
            DatabaseMisnamed,
        ),
        (f"{AT}server does not support SSL, but SSL was required", "speaks no TLS", DatabaseMisnamed),
        (f"{AT}SSL error: certificate verify failed", "certificate that is not trusted", DatabaseMisnamed),
        (f"{AT}FATAL:  sorry, too many clients already", "has no connection free", DatabaseUnavailable),
        (
            f"{AT}FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "has no connection free",
            DatabaseUnavailable,
        ),
        (f"{AT}FATAL:  the database system is starting up", "is starting or stopping", DatabaseUnavailable),
        (f"{AT}No route to host", "cannot be reached from here", DatabaseUnavailable),
        (
            "consuming input failed: server closed the connection unexpectedly",
            "broke the connection",
            DatabaseUnavailable,
        ),
        ('invalid integer value "abc" for connection option "port"', "cannot be asked in that way", DatabaseMisnamed),
        ('invalid sslmode value: "maybe"', "cannot be asked in that way", DatabaseMisnamed),
        ("the connection is closed", "broke the connection", DatabaseUnavailable),
        ("etwas, das niemand vorausgesehen hat", "cannot serve now: see its log", DatabaseUnavailable),
    ],
)
def test_each_way_of_being_away_is_told_in_words_of_ours(said: str, what: str, kind: type[Exception]) -> None:
    error = told(psycopg.OperationalError(said))
    assert type(error) is kind
    assert str(error).startswith("PostgreSQL at db.example:5433 ")
    assert what in str(error)
    assert "hunter2" not in str(error)
    assert "seller" not in str(error)


@pytest.mark.parametrize("kind", BY_CLASS, ids=lambda kind: kind.__name__)
def test_each_class_that_says_not_now_is_told_so(kind: type[Exception]) -> None:
    error = told(kind('canceling statement: relation "user_7.products"'))
    assert isinstance(error, DatabaseUnavailable)
    assert "user_7" not in str(error)


@pytest.mark.parametrize(
    "kind", [errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedObject, errors.InvalidSchemaName]
)
def test_tables_that_are_not_there_are_a_database_that_is_not_prepared(kind: type[psycopg.Error]) -> None:
    error = told(kind('relation "user_7.products" does not exist'))
    assert isinstance(error, DatabaseNotPrepared)
    assert str(error) == "The database is not prepared: run `stoflow migrate`."


def test_a_refused_statement_is_refused_and_a_mistake_of_ours_stays_one() -> None:
    assert type(told(errors.UniqueViolation("duplicate key"))) is DatabaseRefused
    with pytest.raises(ZeroDivisionError), failures_by_name(server_of(URL)):
        raise ZeroDivisionError


def test_a_pool_that_waited_in_vain_says_why() -> None:
    timeout = PoolTimeout("couldn't get a connection after 1.80 sec")
    assert "does not answer in time" in str(told(timeout))
    timeout.__cause__ = psycopg.OperationalError(f"{AT}Connection refused")
    assert "is not there" in str(told(timeout))


def test_what_sqlalchemy_wraps_is_told_too() -> None:
    wrapped = OperationalError("SELECT 1", {}, psycopg.OperationalError(f"{AT}Connection refused"))
    with pytest.raises(DatabaseUnavailable, match="is not there"), unavailable_by_name(server_of(URL)):
        raise wrapped


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql+psycopg://u:p@h/d", "PostgreSQL at h:5432"),
        ("postgresql://u:p@a:1,b:2/d", "PostgreSQL at a:1, b:2"),
        ("postgresql://u:p@[::1]:5433/d", "PostgreSQL at ::1:5433"),
        ("postgresql:///d", "PostgreSQL at its usual socket"),
        ("postgresql://postgres@/postgres?host=%2Ftmp%2Fstoflow-x1", "The embedded PostgreSQL"),
    ],
)
def test_a_server_is_called_by_its_address(url: str, name: str) -> None:
    assert server_of(url).name == name
