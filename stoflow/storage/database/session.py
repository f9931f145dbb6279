"""The one door to the database: every transaction begins and ends here, and belongs to one tenant or to none."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row, tuple_row
from psycopg_pool import ConnectionPool

from stoflow.domain.errors import ConfigurationError, DatabaseUnavailable
from stoflow.domain.facts.outages import ServerOutageBegan, ServerOutageEnded
from stoflow.domain.ids import TenantId
from stoflow.monitoring.outage import Outage
from stoflow.storage.database.connecting import KEPT_PLANS, conninfo, server_of
from stoflow.storage.database.failures import failures_by_name
from stoflow.storage.database.guarding import guards
from stoflow.storage.database.pooling import PooledConnection, make_pool, take
from stoflow.storage.database.transactions import Transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from stoflow.storage.database.sessions import Sessions

SCHEMA_PREFIX = "user_"
LARGEST_TENANT = 2**31 - 1
POSTGRESQL = "PostgreSQL"
FAILURES_UNTIL_OUTAGE = 2  # in a row: a single one may be a statement that waited too long
PLANNED_CONNECTIONS = 2
POOL_NUMBERS = {
    "connections": "pool_size",
    "free": "pool_available",
    "waiting": "requests_waiting",
    "waits": "requests_queued",
    "waited_ms": "requests_wait_ms",
    "refused": "requests_errors",
}
"""What psycopg calls each of them."""


def schema_name(tenant: TenantId) -> str:
    """Return the schema of a tenant, made from an integer and nothing else."""
    if type(tenant) is not int or not 0 < tenant <= LARGEST_TENANT:
        message = f"A tenant is a positive whole number, not {tenant!r}."
        raise ConfigurationError(message)
    return f"{SCHEMA_PREFIX}{tenant}"


Records = psycopg.Connection[DictRow]
"""A connection for schema-qualified SQL, lent for one transaction."""


class Database:
    """A pool of connections and three ways to use one, each for exactly one transaction.

    All raise DatabaseUnavailable, within 2 s, when PostgreSQL is away. What it refuses is DatabaseRefused for
    records, and SQLAlchemy's own error for sessions.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 4,
        planned_size: int = PLANNED_CONNECTIONS,
        application_name: str = "stoflow",
    ) -> None:
        """`planned_size` is how many connections keep plans: each plans every tenant's statements for itself."""
        self.url = url
        self.server = server_of(url)
        self._outage = Outage(streak=FAILURES_UNTIL_OUTAGE)
        info = conninfo(url, application_name=application_name)
        self._pool = make_pool(info, pool_size, guards())
        self._planned = make_pool(info, planned_size, guards(plans=KEPT_PLANS), autocommit=True)

    def shared(self) -> "AbstractContextManager[Session]":
        """Open a transaction on `public` and `product_attributes`; a tenant's table is an error in it."""
        return self._session(None, {"tenant": None})

    def tenant(self, tenant: TenantId) -> "AbstractContextManager[Session]":
        """Open a transaction of one tenant: models whose schema is `tenant` mean this tenant's tables."""
        return self._session(schema_name(tenant), {"tenant": tenant})

    @contextmanager
    def records(self) -> Iterator[Records]:
        """Open a transaction for schema-qualified SQL of the engine, which may concern several tenants."""
        with self._watched(), failures_by_name(self.server), _lent(self._pool) as connection:
            yield connection
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """Lend a connection for statements that only read: each is a transaction of its own, and one round trip.

        Behind a pooler they are one transaction, as its beginning is what guards them.
        """
        with self._watched(), failures_by_name(self.server), _lent(self._pool) as connection:
            if connection.beginning:
                yield connection
                return
            connection.autocommit = True
            try:
                yield connection
            finally:
                if not _rolled_back(connection).closed:
                    connection.autocommit = False

    @contextmanager
    def planned_records(self) -> Iterator[Transaction]:
        """The same on one of few connections that keep the plans of what comes often: the same few statements all day.

        All is pipelined: what is executed goes out with the first fetch or at the end, after which may still be
        fetched.
        """
        with (
            self._watched(),
            failures_by_name(self.server),
            _lent(self._planned) as connection,
            connection.pipelined.opened() as pipeline,
        ):
            yield pipeline

    def pool_numbers(self) -> Mapping[str, int]:
        """Return how it is with the connections of this process: how many, who waits, who has waited, and how long."""
        numbers = [pool.get_stats() for pool in (self._pool, self._planned)]
        return {name: sum(each.get(key, 0) for each in numbers) for name, key in POOL_NUMBERS.items()}

    def close(self) -> None:
        self._planned.close()
        self._pool.close()

    @cached_property
    def _sessions(self) -> "Sessions":
        """Loaded by who asks for a session: an orchestrator and a worker never do."""
        return import_module("stoflow.storage.database.sessions").Sessions(self._take, self.server)

    @contextmanager
    def _session(self, schema: str | None, info: Mapping[str, Any]) -> "Iterator[Session]":
        with self._watched(), self._sessions.opened(schema, info) as session:
            yield session

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Tell when PostgreSQL stops answering this process, and when it answers again."""
        try:
            yield
        except DatabaseUnavailable as error:
            reason = str(error).removesuffix(".")
            advice = reason.replace(self.server.name, POSTGRESQL, 1)
            self._outage.failed(lambda: ServerOutageBegan(POSTGRESQL, reason, advice))
            raise
        self._outage.answered(lambda lasted_s: ServerOutageEnded(POSTGRESQL, lasted_s))

    def _take(self) -> PooledConnection:
        return take(self._pool)


@contextmanager
def _lent(pool: ConnectionPool[Any]) -> Iterator[PooledConnection]:
    """Lend a connection with rows as dictionaries; what is not committed is rolled back."""
    connection = take(pool)
    connection.row_factory = dict_row
    try:
        yield connection
    finally:
        connection.row_factory = tuple_row
        _rolled_back(connection).close()


def _rolled_back(connection: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    if connection.pgconn.transaction_status != TransactionStatus.IDLE:
        with suppress(psycopg.Error):  # a broken connection has nothing left to roll back
            connection.rollback()
    return connection
