"""Sessions of SQLAlchemy on the one pool: each is one transaction, and belongs to one tenant or to none.

Only who stores products loads this: SQLAlchemy takes a fifth of the memory of a process.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, object_session
from sqlalchemy.pool import NullPool

from stoflow.domain.errors import ConfigurationError
from stoflow.storage.database.connecting import Server
from stoflow.storage.database.failures import told
from stoflow.storage.database.pooling import PooledConnection, begin, meet

TENANT_SCHEMA = "tenant"  # what tenant models name; no such schema exists, so forgetting to translate is an error


class OneTenantSession(Session):
    """A session of one tenant, or of none, for life: it takes in no object that another session loaded."""

    def merge(self, instance: Any, **_options: Any) -> Any:
        _refuse_strangers(self, instance)
        return super().merge(instance)


@event.listens_for(OneTenantSession, "before_attach")
def _refuse_strangers(session: Session, instance: object) -> None:
    # An object read for one tenant would be written, by its primary key, to another tenant's row.
    if object_session(instance) is not session and instance.__dict__ and _was_stored(instance):
        message = "An object of another session cannot be taken over; read it again."
        raise ConfigurationError(message)


def _was_stored(instance: Any) -> bool:
    return instance._sa_instance_state.key is not None  # noqa: SLF001 — what sqlalchemy.inspect returns, typed


class Sessions:
    """Opens sessions, each on a connection that `connect` gives."""

    def __init__(self, connect: Callable[[], PooledConnection], server: Server) -> None:
        self._engine = guarded_engine(connect)
        self._server = server

    @contextmanager
    def opened(self, schema: str | None, info: Mapping[str, Any]) -> Iterator[Session]:
        """Open a transaction in which the tenant's models mean the tables of this schema."""
        # On the engine, not on a connection: what is set on a connection is forgotten at its first commit.
        routed = {"schema_translate_map": {TENANT_SCHEMA: schema}} if schema else {}
        engine = self._engine.execution_options(**routed, **info)
        session = OneTenantSession(engine, expire_on_commit=False, info=dict(info))
        with unavailable_by_name(self._server), session, session.begin():
            yield session


def guarded_engine(connect: Callable[[], PooledConnection]) -> Engine:
    """Return an engine without a pool of its own, each of whose transactions is guarded."""
    engine = create_engine(
        "postgresql+psycopg://", creator=connect, poolclass=NullPool, use_native_hstore=False, hide_parameters=True
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return  # each statement stands by itself, as some can nowhere else; behind a pooler too
    lent = cast("PooledConnection", connection.connection.driver_connection)
    if (tenant := connection.get_execution_options().get("tenant")) is not None:
        meet(lent, tenant)
    begin(lent)


@contextmanager
def unavailable_by_name(server: Server) -> Iterator[None]:
    """Turn every error that says "not now" or "not prepared" into one of ours; let every other one pass."""
    try:
        yield
    except (psycopg.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if (trouble := told(cause, server)) is None:
            raise
        raise trouble from error
