"""Bring an installation to the newest revision: the shared stream, the template, then every tenant by itself."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context, parent_process
from threading import Thread

import psycopg
from psycopg.errors import Diagnostic
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from stoflow.domain.ids import TenantId
from stoflow.migrations.chains import PUBLIC_SCHEMA, TEMPLATE_SCHEMA, driver_of, revision_of, upgrade
from stoflow.migrations.old_house import (
    Pace,
    Progress,
    Tell,
    carry_over,
    give_up_running,
    is_old,
    schemas_keeping,
    schemas_unfinished,
)
from stoflow.migrations.old_house.shape import make_missing
from stoflow.migrations.old_house.shared import is_old_installation, unify
from stoflow.migrations.revisions import SHARED, TENANT, head_of, is_known
from stoflow.migrations.seeding import SCHEMA as ATTRIBUTES
from stoflow.migrations.seeding import seed_catalogues
from stoflow.migrations.standing import Status, status_on, tenant_revisions
from stoflow.storage.database.connecting import conninfo, server_of
from stoflow.storage.database.guarding import guards
from stoflow.storage.database.pooling import PooledConnection, guard
from stoflow.storage.database.session import schema_name
from stoflow.storage.database.sessions import guarded_engine, unavailable_by_name
from stoflow.storage.database.tenants import TEMPLATE_LOCK, no_tenant

LOCK_MS = 2_000  # a tenant whose tables are in use is named and left for the next run
STATEMENT_MS = 600_000
WITH_TRANSACTION_TIMEOUT = (
    170_000  # one that an operator has set would end the transaction that holds the lock of a run
)
RUN_LOCK = 0x53544F46  # "STOF": one run at a time; the next one waits
UNKNOWN_REVISION = (
    "It is at revision {revision}, which this StoFlow does not know: it is a newer StoFlow's, or another program's."
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A schema that stayed where it was, and why."""

    schema: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: schemas and catalogues brought forward, how many tenants were already there, who failed.

    `notices` are what a revision found in a schema and could not put right by itself.
    """

    migrated: tuple[str, ...]
    unchanged: int
    failed: tuple[Failure, ...]
    notices: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        return not self.failed


def _quietly(_progress: Progress) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Carrying:
    """How rows of the old shape are carried over, and who is told how far that is."""

    pace: Pace = field(default_factory=Pace)
    tell: Tell = _quietly


QUIET = Carrying()


@dataclass(frozen=True, slots=True)
class _Work:
    """What was done so far, schema by schema."""

    done: list[str] = field(default_factory=list[str])
    failed: list[Failure] = field(default_factory=list[Failure])
    notices: list[str] = field(default_factory=list[str])

    def add(self, other: "_Work") -> None:
        self.done.extend(other.done)
        self.failed.extend(other.failed)
        self.notices.extend(other.notices)

    def report(self, unchanged: int) -> Report:
        return Report(tuple(self.done), unchanged, tuple(self.failed), tuple(self.notices))


def migrate(
    database_url: str, *, parallel: int = 1, tenant: TenantId | None = None, carrying: Carrying = QUIET
) -> Report:
    """Bring everything forward, or only one tenant; a second run resumes where a first one ended.

    Each schema is one transaction; one of the old shape is carried over while its old program writes, and keeps what
    that writes. A shared stream or template that fails ends the run; a tenant that fails is named and the rest go on.
    Raise NotFound for an unknown tenant, DatabaseUnavailable when PostgreSQL is away.
    """
    engine = engine_of(database_url)
    with unavailable_by_name(server_of(database_url)), only_one_run(engine):
        work = _Work()
        _upgrade_shared(engine, work)
        if work.failed:
            return work.report(unchanged=0)
        with engine.begin() as connection:
            work.done.extend(f"{ATTRIBUTES}.{name}" for name in seed_catalogues(connection))
        behind, current = _pending(engine, tenant)
        chunks = [behind[start::parallel] for start in range(min(parallel, len(behind)))]
        for each in (
            _in_processes(database_url, chunks, carrying)
            if len(chunks) > 1
            else [_upgrade_tenants(database_url, behind, carrying)]
        ):
            work.add(each)
        _give_up_running(engine)
        return work.report(unchanged=current)


def shared_and_template(database_url: str) -> Report:
    """Bring forward what all tenants share, and no tenant."""
    engine, work = engine_of(database_url), _Work()
    with unavailable_by_name(server_of(database_url)), only_one_run(engine):
        _upgrade_shared(engine, work)
    return work.report(unchanged=0)


def _upgrade_shared(engine: Engine, work: _Work) -> None:
    for stream, schema in ((SHARED, PUBLIC_SCHEMA), (TENANT, TEMPLATE_SCHEMA)):
        _upgrade(engine, stream, schema, work)
        if work.failed:
            return


def status(database_url: str) -> Status:
    with unavailable_by_name(server_of(database_url)), engine_of(database_url).connect() as connection:
        return status_on(connection)


def engine_of(database_url: str) -> Engine:
    limits = {"statement_timeout": str(STATEMENT_MS), "lock_timeout": str(LOCK_MS)}
    text_of_connection = conninfo(database_url, application_name="stoflow migrate")

    def connect() -> PooledConnection:
        connection = PooledConnection.connect(text_of_connection, prepare_threshold=None)
        knows_it = connection.info.server_version >= WITH_TRANSACTION_TIMEOUT
        guard(connection, guards(limits | ({"transaction_timeout": "0"} if knows_it else {})))
        return connection

    return guarded_engine(connect)


@contextmanager
def only_one_run(engine: Engine) -> Iterator[None]:
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        # Without parameters: the portal of a statement that has some keeps its snapshot while this transaction waits,
        # and PostgreSQL makes no index concurrently until such a transaction ends.
        driver_of(connection).execute(f"SELECT pg_advisory_xact_lock({RUN_LOCK})".encode())
        yield


def _upgrade(engine: Engine, stream: str, schema: str, work: _Work, carrying: Carrying = QUIET) -> None:
    """Upgrade one schema in one transaction, one of the old shape in several; a failure is noted: the rest go on."""
    notices: list[str] = []
    try:
        with engine.begin() as connection:
            revision, old = revision_of(connection, schema), _is_of_old_shape(connection, stream, schema)
        if revision == head_of(stream) and not (old and stream == TENANT):
            return
        if revision is not None and not is_known(stream, revision):
            work.failed.append(Failure(schema, UNKNOWN_REVISION.format(revision=revision)))
            return
        if old and stream == TENANT and schema != TEMPLATE_SCHEMA:
            carry_over(engine, schema, carrying.pace, carrying.tell, within_ms=LOCK_MS)
        else:
            if old and stream == SHARED:
                unify(engine, within_ms=LOCK_MS)
            _run_revisions(engine, stream, schema, notices)
    except (SQLAlchemyError, psycopg.Error) as error:
        work.failed.append(Failure(schema, str(error).splitlines()[0]))
        return
    work.done.append(schema)
    work.notices.extend(notices)


def _is_of_old_shape(connection: Connection, stream: str, schema: str) -> bool:
    return is_old_installation(connection) if stream == SHARED else is_old(connection, schema)


def _run_revisions(engine: Engine, stream: str, schema: str, notices: list[str]) -> None:
    with engine.begin() as connection:
        driver_of(connection).add_notice_handler(lambda said: _note(said, schema, notices))
        if schema == TEMPLATE_SCHEMA:
            # A tenant being made from the old template is seen by the listing that follows.
            connection.execute(text("SELECT pg_advisory_xact_lock(:template)"), {"template": TEMPLATE_LOCK})
            if is_old(connection, schema):
                make_missing(connection, schema)
        upgrade(connection, stream, schema)


def _note(said: Diagnostic, schema: str, notices: list[str]) -> None:
    if said.severity_nonlocalized == "WARNING":  # a notice says only that something was there already
        notices.append(f"{schema}: {said.message_primary}")


def _pending(engine: Engine, tenant: TenantId | None) -> tuple[Sequence[str], int]:
    with engine.connect() as connection:
        revisions = tenant_revisions(connection)
        unfinished = schemas_unfinished(connection)
    if tenant is not None:
        wanted = schema_name(tenant)
        if wanted not in revisions:
            raise no_tenant(tenant)
        revisions = {wanted: revisions[wanted]}
    behind = [name for name, revision in revisions.items() if revision != head_of(TENANT) or name in unfinished]
    return behind, len(revisions) - len(behind)


def _upgrade_tenants(database_url: str, schemas: Sequence[str], carrying: Carrying) -> _Work:
    engine, work = engine_of(database_url), _Work()
    for schema in schemas:
        _upgrade(engine, TENANT, schema, work, carrying)
    return work


def _give_up_running(engine: Engine) -> None:
    """End what old programs began and left, where their rows were carried over."""
    with engine.connect() as connection:
        schemas = schemas_keeping(connection)
    for schema in schemas:
        with engine.begin() as connection:
            give_up_running(connection, schema)


def _in_processes(database_url: str, chunks: Sequence[Sequence[str]], carrying: Carrying) -> list[_Work]:
    """Upgrade in as many processes: Alembic keeps the migration at hand in a global, so threads cannot share it."""
    context = get_context("spawn")
    with ProcessPoolExecutor(len(chunks), mp_context=context, initializer=_end_with_parent) as processes:
        return list(processes.map(partial(_upgrade_tenants, database_url, carrying=carrying), chunks))


def _end_with_parent() -> None:
    """Go when the run is killed, whatever is under way is rolled back: else the next run would meet us at work."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, name="parent", daemon=True).start()
