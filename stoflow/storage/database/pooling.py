"""The pools behind the database: connections that are alive when lent, and why there is none when there is none."""

import select
import time
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Self, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout

from stoflow.storage.database.guarding import Guards, beginning, owns_session
from stoflow.storage.database.known_tenants import KnownTenants
from stoflow.storage.database.pipelining import Pipeline
from stoflow.storage.database.transactions import Transaction

WAIT_S = 1.8  # for a connection: an unreachable PostgreSQL is reported within 2 s
IDLE_S = 20.0  # one that has not been used for so long is closed, and one more each time after it
TRUSTED_S = 0.05  # so soon after its last use a connection is used again without a look
# A backend that has touched 1,000 schemas has grown by 200 MiB, so none lives long, and shorter where it meets many.
LIFETIME_S = 600.0
READ_ONLY_FOR_S = 0.5
UTF8 = "UTF8"
RECONNECT_S = 2.0  # the pool's own attempts, before the next request starts new ones

Connection = TypeVar("Connection", bound=psycopg.Connection[Any])


@dataclass(slots=True)
class LastFailure:
    """Why a pool could not connect the last time it could not."""

    error: psycopg.Error | None = None
    at_s: float = 0.0

    def since(self, began_s: float) -> psycopg.Error | None:
        return self.error if self.at_s >= began_s else None


def _in_utf8(connection: Connection) -> Connection:
    """Return the connection; of a database of any other encoding bytes come back, or what sellers write is refused."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != UTF8:
        connection.pgconn.finish()
        raise psycopg.OperationalError(f"the database is encoded in {encoding}")
    return connection


class PooledConnection(psycopg.Connection[Any]):
    """Goes back to its pool when closed, a broken one too: else the pool would count it as lent for ever.

    `beginning` is what each transaction has to begin with behind a pooler; elsewhere the session keeps its guards.
    """

    idle_since_s = 0.0
    beginning = b""
    _created_at: float  # the pool's, and from when on it takes another one in its place
    _expire_at: float

    @cached_property
    def pipelined(self) -> Pipeline:
        """Kept with its plans as long as the connection lives."""
        return Pipeline(self, self.known_tenants, is_pooled=bool(self.beginning))

    @cached_property
    def known_tenants(self) -> KnownTenants:
        return KnownTenants()

    @property
    def only_reads_since_long(self) -> bool:
        """Whether an operator let nothing be written when it was made: one that is made now may be allowed to write."""
        is_old = time.monotonic() - self._created_at > READ_ONLY_FOR_S
        return is_old and self.info.parameter_status("default_transaction_read_only") == "on"

    @classmethod
    def connect(  # pyright: ignore[reportIncompatibleMethodOverride] - one word more, which libpq does not know
        cls, conninfo: str = "", *, failure: LastFailure | None = None, **options: Any
    ) -> Self:
        """Connect, and note in `failure` why that went wrong: the pool keeps it from those who wait."""
        try:
            return _in_utf8(super().connect(conninfo, **options))
        except psycopg.Error as error:
            if failure is not None:
                failure.error, failure.at_s = error, time.monotonic()
            raise

    def close(self) -> None:
        self.idle_since_s = time.monotonic()
        pool, was_broken = getattr(self, "_pool", None), self.closed
        if not isinstance(pool, ConnectionPool):
            super().close()
            return
        if self.known_tenants.are_too_many and not self.beginning:  # a pooler's server would live on
            self._expire_at = 0.0
        pool.putconn(self)
        if was_broken:
            self._pool = None  # closing it twice must not return it twice


class Pool(ConnectionPool[Any]):
    """Lends first what came back last: psycopg's own lends each in turn.

    So a process that needs one connection at a time has one backend that knows its tenants' tables, some 0.2 MiB a
    tenant, and those it needed once are closed when they have long not been used.
    """

    def _get_ready_connection(self, timeout: float | None) -> Any:
        self._pool.rotate(1)
        return super()._get_ready_connection(timeout)


def make_pool(info: str, size: int, guards: Guards, *, autocommit: bool = False) -> Pool:
    """Return a pool whose connections prepare nothing by themselves: a plan outlives the shape of its table."""
    return Pool(
        info,
        kwargs={"prepare_threshold": None, "autocommit": autocommit, "failure": LastFailure()},
        configure=partial(guard, guards=guards),
        min_size=0,
        max_size=size,
        max_idle=IDLE_S,
        max_lifetime=LIFETIME_S,
        reconnect_timeout=RECONNECT_S,
        connection_class=PooledConnection,
        open=True,
    )


def guard(connection: psycopg.Connection[Any], guards: Guards) -> None:
    """Guard a new connection; behind a pooler its transactions are begun by us."""
    autocommit, connection.autocommit = connection.autocommit, True
    if owns_session(connection, guards.direct):
        connection.autocommit = autocommit
        return
    assert isinstance(connection, PooledConnection)
    connection.beginning = beginning(guards.pooled)


def begin(connection: PooledConnection) -> None:
    """Begin a transaction where psycopg does not do so by itself and none was begun yet."""
    if connection.beginning and connection.pgconn.transaction_status == TransactionStatus.IDLE:
        connection.execute(connection.beginning, prepare=False)


def meet(transaction: Transaction, tenant: int) -> None:
    """Note that the connection behind a transaction knows the tenant's tables from now on."""
    if isinstance(transaction, (Pipeline, PooledConnection)):
        transaction.known_tenants.meet(tenant)


def take(pool: ConnectionPool[Any]) -> PooledConnection:
    """Take a living connection: those that ended while idle are dropped without waiting for one another.

    Behind a pooler its transaction has begun, which is the only proof that there is a server behind it.
    """
    deadline = time.monotonic() + WAIT_S
    while True:
        connection = _next_of(pool, max(0.01, deadline - time.monotonic()))
        is_new, is_trusted = not connection.idle_since_s, time.monotonic() - connection.idle_since_s < TRUSTED_S
        refused = None
        if not connection.only_reads_since_long and (is_trusted or not _has_ended(connection)):
            refused = _refused(connection)
            if refused is None:
                return connection
        connection.pgconn.finish()
        connection.close()  # the pool replaces it
        if is_new and refused:
            raise refused
        if time.monotonic() > deadline:
            raise PoolTimeout from refused


def _next_of(pool: ConnectionPool[Any], within_s: float) -> PooledConnection:
    """Wait for a connection; a time-out has as its cause why none could be made meanwhile."""
    began_s = time.monotonic()
    try:
        return pool.getconn(within_s)
    except PoolTimeout as error:
        failure: LastFailure = pool.kwargs["failure"]  # pyright: ignore[reportIndexIssue, reportOptionalSubscript]
        raise error from failure.since(began_s)


def _refused(connection: PooledConnection) -> psycopg.OperationalError | None:
    """Return why no transaction can begin, None where one can."""
    try:
        begin(connection)
    except psycopg.OperationalError as error:
        return error
    return None


def _has_ended(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server ended an idle connection. It costs a round trip only if the server has said something."""
    spoken = select.poll()
    spoken.register(connection.fileno(), select.POLLIN)
    if not spoken.poll(0):
        return False
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return True
    return False
