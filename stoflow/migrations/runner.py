"""Bring an installation to the newest revision: the shared stream, the template, then every tenant by itself."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from threading import Thread

import psycopg
from psycopg.errors import Diagnostic
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from stoflow.domain.ids import TenantId
from stoflow.migrations.chains import PUBLIC_SCHEMA, TEMPLATE_SCHEMA, driver_of, revision_of, upgrade
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


def migrate(database_url: str, *, parallel: int = 1, tenant: TenantId | None = None) -> Report:
    """Bring everything forward, or only one tenant; a second run resumes where a first one ended.

    Each schema is one transaction. A shared stream or template that fails ends the run; a tenant that fails is
    named and the rest go on. Raise NotFound for an unknown tenant, DatabaseUnavailable when PostgreSQL is away.
    """
    engine = _engine(database_url)
    with unavailable_by_name(server_of(database_url)), _only_one_run(engine):
        work = _Work()
        for stream, schema in ((SHARED, PUBLIC_SCHEMA), (TENANT, TEMPLATE_SCHEMA)):
            _upgrade(engine, stream, schema, work)
            if work.failed:
                return work.report(unchanged=0)
        with engine.begin() as connection:
            work.done.extend(f"{ATTRIBUTES}.{name}" for name in seed_catalogues(connection))
        behind, current = _pending(engine, tenant)
        chunks = [behind[start::parallel] for start in range(min(parallel, len(behind)))]
        for each in (
            _in_processes(database_url, chunks) if len(chunks) > 1 else [_upgrade_tenants(database_url, behind)]
        ):
            work.add(each)
        return work.report(unchanged=current)


def status(database_url: str) -> Status:
    with unavailable_by_name(server_of(database_url)), _engine(database_url).connect() as connection:
        return status_on(connection)


def _engine(database_url: str) -> Engine:
    changed = {"statement_timeout": str(STATEMENT_MS), "lock_timeout": str(LOCK_MS)}
    text_of_connection = conninfo(database_url, application_name="stoflow migrate")

    def connect() -> PooledConnection:
        connection = PooledConnection.connect(text_of_connection, prepare_threshold=None)
        guard(connection, guards(changed))
        return connection

    return guarded_engine(connect)


@contextmanager
def _only_one_run(engine: Engine) -> Iterator[None]:
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:run)"), {"run": RUN_LOCK})
        yield


def _upgrade(engine: Engine, stream: str, schema: str, work: _Work) -> None:
    """Upgrade one schema in one transaction; a failure is noted, for the rest go on."""
    notices: list[str] = []
    try:
        with engine.begin() as connection:
            driver_of(connection).add_notice_handler(lambda said: _note(said, schema, notices))
            revision = revision_of(connection, schema)
            if revision == head_of(stream):
                return
            if revision is not None and not is_known(stream, revision):
                work.failed.append(Failure(schema, UNKNOWN_REVISION.format(revision=revision)))
                return
            if schema == TEMPLATE_SCHEMA:
                # A tenant being made from the old template is seen by the listing that follows.
                connection.execute(text("SELECT pg_advisory_xact_lock(:template)"), {"template": TEMPLATE_LOCK})
            upgrade(connection, stream, schema)
    except (SQLAlchemyError, psycopg.Error) as error:
        work.failed.append(Failure(schema, str(error).splitlines()[0]))
        return
    work.done.append(schema)
    work.notices.extend(notices)


def _note(said: Diagnostic, schema: str, notices: list[str]) -> None:
    if said.severity_nonlocalized == "WARNING":  # a notice says only that something was there already
        notices.append(f"{schema}: {said.message_primary}")


def _pending(engine: Engine, tenant: TenantId | None) -> tuple[Sequence[str], int]:
    with engine.connect() as connection:
        revisions = tenant_revisions(connection)
    if tenant is not None:
        wanted = schema_name(tenant)
        if wanted not in revisions:
            raise no_tenant(tenant)
        revisions = {wanted: revisions[wanted]}
    behind = [schema for schema, revision in revisions.items() if revision != head_of(TENANT)]
    return behind, len(revisions) - len(behind)


def _upgrade_tenants(database_url: str, schemas: Sequence[str]) -> _Work:
    engine, work = _engine(database_url), _Work()
    for schema in schemas:
        _upgrade(engine, TENANT, schema, work)
    return work


def _in_processes(database_url: str, chunks: Sequence[Sequence[str]]) -> list[_Work]:
    """Upgrade in as many processes: Alembic keeps the migration at hand in a global, so threads cannot share it."""
    context = get_context("spawn")
    with ProcessPoolExecutor(len(chunks), mp_context=context, initializer=_end_with_parent) as processes:
        return list(processes.map(_upgrade_tenants, [database_url] * len(chunks), chunks))


def _end_with_parent() -> None:
    """Go when the run is killed, whatever is under way is rolled back: else the next run would meet us at work."""
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, name="parent", daemon=True).start()
