"""`stoflow migrate --plan`: what a run would do, to how many rows, for how long, and which tables it would hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from stoflow.migrations.chains import PUBLIC_SCHEMA, TEMPLATE_SCHEMA, has_table, revision_of
from stoflow.migrations.old_house.carrying import REST_S, ROWS_AT_ONCE
from stoflow.migrations.old_house.locking import TABLES, TRY_MS
from stoflow.migrations.old_house.shape import is_old, schemas_expanded, schemas_keeping
from stoflow.migrations.old_house.shared import is_old_installation
from stoflow.migrations.revisions import SHARED, TENANT, is_behind, revisions_after
from stoflow.migrations.runner import engine_of
from stoflow.migrations.standing import tenant_revisions
from stoflow.storage.database.connecting import server_of
from stoflow.storage.database.sessions import unavailable_by_name

# On two cores that other work shared, 2026-11-29; this installation's own figures take their place once it has some.
ROWS_PER_S = 2_000.0
SWITCH_S = 0.4
REVISIONS_S = 0.4

CARRIED = ("batch_jobs", "marketplace_jobs", "products")
UNKNOWN = (
    "how long programs hold the tables that are waited for: each try ends after {try_ms} ms, a tenant's after 2 s",
    "how long an index takes that is made beside those who write: PostgreSQL waits for every transaction before it",
)


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be done with one schema: `holds` are the tables nobody else can use for `holds_s` seconds."""

    schema: str
    does: str
    revisions: int
    rows: int
    seconds: float
    holds: tuple[str, ...]
    holds_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """`rows_per_s` was `measured_here`, or elsewhere; `unknown` is what the seconds leave out.

    `contracts` are the tenants whose old names `stoflow migrate --contract` would take away, with the time, RFC 3339,
    at which an old program last wrote by one, or at which they were carried over where none has since.
    """

    schemas: tuple[Planned, ...]
    rows: int
    seconds: float
    rows_per_s: float
    measured_here: bool
    unknown: tuple[str, ...]
    contracts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Rates:
    rows_per_s: float
    switch_s: float
    measured_here: bool


def plan(database_url: str) -> Plan:
    """Return what a run would do now; nothing is changed and nothing is held."""
    with unavailable_by_name(server_of(database_url)), engine_of(database_url).connect() as connection:
        keeping = schemas_keeping(connection)
        rates = _rates(connection, [*keeping, *schemas_expanded(connection)])
        schemas = tuple(_planned(connection, rates))
        return Plan(
            schemas,
            sum(each.rows for each in schemas),
            round(sum(each.seconds for each in schemas), 1),
            round(rates.rows_per_s),
            rates.measured_here,
            tuple(each.format(try_ms=TRY_MS) for each in UNKNOWN) if any(each.rows for each in schemas) else (),
            {schema: _last_written(connection, schema) for schema in keeping},
        )


def _planned(connection: Connection, rates: _Rates) -> Iterator[Planned]:
    shared, template = (revision_of(connection, schema) for schema in (PUBLIC_SCHEMA, TEMPLATE_SCHEMA))
    if is_behind(SHARED, shared):
        old = is_old_installation(connection)
        holds = ("vinted.action_types",) if old else ()
        does = "one table of all action types, a view in the old one's place, revisions" if old else "revisions"
        yield Planned(PUBLIC_SCHEMA, does, len(revisions_after(SHARED, shared)), 0, REVISIONS_S, holds, REVISIONS_S / 4)
    if is_behind(TENANT, template):
        yield Planned(TEMPLATE_SCHEMA, "revisions", len(revisions_after(TENANT, template)), 0, REVISIONS_S, (), 0.0)
    for schema, revision in tenant_revisions(connection).items():
        if is_old(connection, schema):
            yield _carried(connection, schema, revision, rates)
        elif is_behind(TENANT, revision):
            steps = len(revisions_after(TENANT, revision))
            yield Planned(schema, "revisions", steps, 0, REVISIONS_S, (f"{schema}: what they change",), REVISIONS_S)


def _carried(connection: Connection, schema: str, revision: str | None, rates: _Rates) -> Planned:
    rows = sum(_rows_left(connection, schema, table) for table in CARRIED)
    seconds = rows / rates.rows_per_s + rows / ROWS_AT_ONCE * REST_S + rates.switch_s
    holds = tuple(f"{schema}.{table}" for table in TABLES)
    does = "expand, rows carried over, switch; old names are kept"
    steps = len(revisions_after(TENANT, revision))
    return Planned(schema, does, steps, rows, round(seconds, 1), holds, round(rates.switch_s, 2))


def _rows_left(connection: Connection, schema: str, table: str) -> int:
    if not has_table(connection, schema, table):
        return 0
    begun = has_table(connection, schema, "carrying")
    behind = f"(SELECT last_id FROM {schema}.carrying WHERE name = '{table}')" if begun else "0"
    return connection.execute(text(f"SELECT count(*) FROM {schema}.{table} WHERE id > {behind}")).scalar_one()


def _rates(connection: Connection, schemas: Sequence[str]) -> _Rates:
    """Return what was measured here, where enough was carried over to say something."""
    rows, seconds, switches = 0, 0.0, list[float]()
    for schema in schemas:
        for name, done, took in connection.execute(text(f"SELECT name, rows, seconds FROM {schema}.carrying")):
            if name == "switch":
                switches.append(took)
            elif name in CARRIED:
                rows, seconds = rows + done, seconds + took
    here = rows >= ROWS_AT_ONCE
    switch_s = sum(switches) / len(switches) if switches else SWITCH_S
    return _Rates(rows / seconds if here else ROWS_PER_S, switch_s, here)


def _last_written(connection: Connection, schema: str) -> str:
    last = connection.execute(text(f"SELECT max(at) FROM {schema}.old_writes")).scalar_one()
    return last.isoformat(timespec="seconds")
