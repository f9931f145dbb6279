"""Where each schema stands: its revision, and whether a tenant's shape is the template's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg.rows import dict_row
from sqlalchemy import Connection, text

from stoflow.migrations.chains import PUBLIC_SCHEMA, TEMPLATE_SCHEMA, driver_of, revision_of
from stoflow.migrations.old_house.shape import schemas_keeping
from stoflow.migrations.revisions import SHARED, TENANT, VERSION_TABLE, head_of, is_behind
from stoflow.storage.database.fingerprint import Asked, drift_of, fingerprint_of, fingerprints_of

SCHEMAS_AT_ONCE = 200
DESCRIBED = 10  # so many of the schemas that differ are compared line by line

TENANT_SCHEMAS = """
SELECT n.nspname, t.oid IS NOT NULL FROM pg_namespace n
LEFT JOIN pg_class t ON t.relnamespace = n.oid AND t.relname = :table
WHERE n.nspname ~ '^user_[0-9]+$' ORDER BY substr(n.nspname, 6)::bigint
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """A tenant's schema whose shape is not the template's, though both are at one revision; how, for the first few."""

    schema: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """Where each schema stands: revision by schema, None where there is none yet."""

    shared_head: str
    tenant_head: str
    shared: str | None
    template: str | None
    tenants: tuple[tuple[str, str | None], ...]
    drifted: tuple[Drift, ...] = ()
    keeping: tuple[str, ...] = ()  # tenants of the old house, whose old names are there until the contract

    @property
    def behind(self) -> tuple[str, ...]:
        """The schemas that a run would bring forward; one of a newer StoFlow's revision is none of them."""
        shared = (PUBLIC_SCHEMA,) if is_behind(SHARED, self.shared) else ()
        schemas = ((TEMPLATE_SCHEMA, self.template), *self.tenants)
        return (*shared, *(schema for schema, revision in schemas if is_behind(TENANT, revision)))


def status_on(connection: Connection) -> Status:
    revisions = tenant_revisions(connection)
    shared, template = (revision_of(connection, schema) for schema in (PUBLIC_SCHEMA, TEMPLATE_SCHEMA))
    keeping = tuple(schemas_keeping(connection))
    alike = [
        schema
        for schema, revision in revisions.items()
        if revision is not None and revision == template and schema not in keeping
    ]
    with driver_of(connection).cursor(row_factory=dict_row) as cursor:
        drifted = tuple(_drifts(cursor, alike))
    return Status(head_of(SHARED), head_of(TENANT), shared, template, tuple(revisions.items()), drifted, keeping)


def tenant_revisions(connection: Connection) -> Mapping[str, str | None]:
    """Return the revision of every tenant schema, oldest tenant first, in one statement for each 200 of them."""
    found = connection.execute(text(TENANT_SCHEMAS), {"table": VERSION_TABLE})
    stamped = {row[0]: row[1] for row in found}
    revisions: dict[str, str | None] = dict.fromkeys(stamped)
    for some in _some_at_a_time([schema for schema, has_version in stamped.items() if has_version]):
        parts = (f"SELECT '{schema}', version_num FROM {schema}.{VERSION_TABLE}" for schema in some)
        revisions |= {row[0]: row[1] for row in connection.execute(text(" UNION ALL ".join(parts)))}
    return revisions


def _drifts(asked: Asked, schemas: Sequence[str]) -> Iterator[Drift]:
    if not schemas:
        return
    wanted, described = fingerprint_of(asked, TEMPLATE_SCHEMA), 0
    for some in _some_at_a_time(schemas):
        found = fingerprints_of(asked, some)
        for schema in some:
            if found.get(schema) != wanted:
                yield Drift(schema, drift_of(asked, schema) if described < DESCRIBED else ())
                described += 1


def _some_at_a_time(schemas: Sequence[str]) -> Iterator[Sequence[str]]:
    return (schemas[start : start + SCHEMAS_AT_ONCE] for start in range(0, len(schemas), SCHEMAS_AT_ONCE))
