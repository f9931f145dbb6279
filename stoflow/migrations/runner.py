"""Bring an installation to the newest revision: the shared stream, the template, then every tenant by itself."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

import psycopg
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.migrations.chains import (
    PUBLIC_SCHEMA,
    SHARED,
    TEMPLATE_SCHEMA,
    TENANT,
    VERSION_TABLE,
    head_of,
    revision_of,
    upgrade,
)
from stoflow.migrations.seeding import SCHEMA as ATTRIBUTES
from stoflow.migrations.seeding import seed_catalogues
from stoflow.storage.connecting import conninfo
from stoflow.storage.failures import unavailable_by_name
from stoflow.storage.session import schema_name
from stoflow.storage.tenants import TEMPLATE_LOCK

LOCK_MS = 2_000  # a tenant whose tables are in use is named and left for the next run
STATEMENT_MS = 600_000
RUN_LOCK = 0x53544F46  # "STOF": one run at a time; the next one waits
SCHEMAS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Failure:
    """A schema that stayed where it was, and why."""

    schema: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: schemas and catalogues brought forward, how many tenants were already there, who failed."""

    migrated: tuple[str, ...]
    unchanged: int
    failed: tuple[Failure, ...]

    @property
    def succeeded(self) -> bool:
        return not self.failed


@dataclass(frozen=True, slots=True)
class Status:
    """Where each schema stands: revision by schema, None where there is none yet."""

    shared_head: str
    tenant_head: str
    shared: str | None
    template: str | None
    tenants: tuple[tuple[str, str | None], ...]

    @property
    def behind(self) -> tuple[str, ...]:
        """The schemas that a run would bring forward."""
        shared = () if self.shared == self.shared_head else (PUBLIC_SCHEMA,)
        schemas = ((TEMPLATE_SCHEMA, self.template), *self.tenants)
        return (*shared, *(schema for schema, revision in schemas if revision != self.tenant_head))


def migrate(database_url: str, *, parallel: int = 1, tenant: TenantId | None = None) -> Report:
    """Bring everything forward, or only one tenant; a second run resumes where a first one ended.

    Each schema is one transaction. A shared stream or template that fails ends the run; a tenant that fails is
    named and the rest go on. Raise NotFound for an unknown tenant, DatabaseUnavailable when PostgreSQL is away.
    """
    engine = _engine(database_url)
    with unavailable_by_name(), _only_one_run(engine):
        done: list[str] = []
        for stream, schema in ((SHARED, PUBLIC_SCHEMA), (TENANT, TEMPLATE_SCHEMA)):
            if failure := _upgraded(engine, stream, schema, done):
                return Report(tuple(done), 0, (failure,))
        with engine.begin() as connection:
            done += [f"{ATTRIBUTES}.{name}" for name in seed_catalogues(connection)]
        behind, current = _pending(engine, tenant)
        chunks = [behind[start::parallel] for start in range(min(parallel, len(behind)))]
        results = _in_processes(database_url, chunks) if len(chunks) > 1 else [_upgrade_tenants(database_url, behind)]
        done += [schema for migrated, _ in results for schema in migrated]
        failed = tuple(failure for _, failures in results for failure in failures)
        return Report(tuple(done), current, failed)


def status(database_url: str) -> Status:
    with unavailable_by_name(), _engine(database_url).connect() as connection:
        tenants = tuple(_revisions(connection).items())
        shared, template = (revision_of(connection, schema) for schema in (PUBLIC_SCHEMA, TEMPLATE_SCHEMA))
        return Status(head_of(SHARED), head_of(TENANT), shared, template, tenants)


def _engine(database_url: str, *, lock_ms: int = LOCK_MS) -> Engine:
    changed = {"statement_timeout": str(STATEMENT_MS), "lock_timeout": str(lock_ms)}
    text_of_connection = conninfo(database_url, application_name="stoflow migrate", changed=changed)
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(text_of_connection, prepare_threshold=None),
        poolclass=NullPool,
        use_native_hstore=False,
    )


@contextmanager
def _only_one_run(engine: Engine) -> Iterator[None]:
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:run)"), {"run": RUN_LOCK})
        yield


def _upgraded(engine: Engine, stream: str, schema: str, done: list[str]) -> Failure | None:
    """Upgrade one schema in one transaction; a failure is returned, for the rest go on."""
    try:
        with engine.begin() as connection:
            if revision_of(connection, schema) == head_of(stream):
                return None
            if schema == TEMPLATE_SCHEMA:
                # A tenant being made from the old template is seen by the listing that follows.
                connection.execute(text("SELECT pg_advisory_xact_lock(:template)"), {"template": TEMPLATE_LOCK})
            upgrade(connection, stream, schema)
    except (SQLAlchemyError, psycopg.Error) as error:
        return Failure(schema, str(error).splitlines()[0])
    done.append(schema)
    return None


def _pending(engine: Engine, tenant: TenantId | None) -> tuple[Sequence[str], int]:
    with engine.connect() as connection:
        revisions = _revisions(connection)
    if tenant is not None:
        wanted = schema_name(tenant)
        if wanted not in revisions:
            raise NotFound(f"There is no tenant {tenant}.")
        revisions = {wanted: revisions[wanted]}
    behind = [schema for schema, revision in revisions.items() if revision != head_of(TENANT)]
    return behind, len(revisions) - len(behind)


def _revisions(connection: Connection) -> dict[str, str | None]:
    """Return the revision of every tenant schema, oldest tenant first."""
    found = connection.execute(
        text(
            "SELECT n.nspname, t.oid IS NOT NULL FROM pg_namespace n LEFT JOIN pg_class t"
            " ON t.relnamespace = n.oid AND t.relname = :table"
            " WHERE n.nspname ~ '^user_[0-9]+$' ORDER BY substr(n.nspname, 6)::bigint"
        ),
        {"table": VERSION_TABLE},
    )
    revisions: dict[str, str | None] = {}
    stamped: list[str] = []
    for schema, has_version in found:
        revisions[schema] = None
        stamped += [schema] if has_version else []
    for start in range(0, len(stamped), SCHEMAS_AT_ONCE):
        parts = (
            f"SELECT '{schema}', version_num FROM {schema}.{VERSION_TABLE}"
            for schema in stamped[start : start + SCHEMAS_AT_ONCE]
        )
        revisions |= {row[0]: row[1] for row in connection.execute(text(" UNION ALL ".join(parts)))}
    return revisions


def _upgrade_tenants(database_url: str, schemas: Sequence[str]) -> tuple[list[str], list[Failure]]:
    engine = _engine(database_url)
    done: list[str] = []
    failed = [failure for schema in schemas if (failure := _upgraded(engine, TENANT, schema, done))]
    return done, failed


def _in_processes(database_url: str, chunks: Sequence[Sequence[str]]) -> list[tuple[list[str], list[Failure]]]:
    """Upgrade in as many processes: Alembic keeps the migration at hand in a global, so threads cannot share it."""
    with ProcessPoolExecutor(len(chunks), mp_context=get_context("spawn")) as processes:
        return list(processes.map(_upgrade_tenants, [database_url] * len(chunks), chunks))
