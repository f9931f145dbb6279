"""What an orchestrator holds for ten thousand tenants that all have work: a real process over real schemas.

Making that many schemas would take a quarter of an hour, so each tenant above the first thousand sees, through views,
the tables of one of those. Nobody works, so every job stays where the orchestrator put it.
"""

import time
from dataclasses import dataclass

import psutil

from benchmarks.machine import Machine
from benchmarks.session import prepared
from benchmarks.stoflow_peer import StoflowPeer
from stoflow.domain.ids import TenantId
from stoflow.storage.database.session import Database, schema_name

MIB = 2**20
ACTION = "publish"
MARKETPLACES = ("ebay", "etsy", "vinted")
TENANTS_A_TRANSACTION = 100  # each view is a lock until the commit
OWNED_WITHIN_S = 300.0
LOOK_EVERY_S = 2.0
QUIET_SHARE = 0.05  # of a core
AT_MOST_MIB = 400.0

# A view takes writes like its table, so the sweeper works on them too.
VIEWS = """
CREATE SCHEMA {mine};
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '{theirs}' LOOP
    EXECUTE format('CREATE VIEW {mine}.%I AS SELECT * FROM {theirs}.%I', name, name);
  END LOOP;
END $$
"""
USERS = """
INSERT INTO public.users (id, email, hashed_password)
SELECT n, 'active' || n || '@example.com', '!' FROM generate_series(%(first)s::int, %(last)s::int) AS n
"""
JOBS = """
INSERT INTO {schema}.marketplace_jobs (marketplace, action_type_id, priority, status, input_data, max_retries)
SELECT a.marketplace, a.id, a.priority, 'pending', '{{}}', a.max_retries FROM public.marketplace_action_types a
WHERE a.code = %(action)s AND a.marketplace = ANY(%(marketplaces)s)
"""
TASKS = """
INSERT INTO {schema}.marketplace_tasks (job_id, name, position, kind, status)
SELECT id, 'validate', 1, 'inner', 'pending' FROM {schema}.marketplace_jobs
"""
ANNOUNCE = "INSERT INTO public.outbox (tenant, job) SELECT n, 0 FROM generate_series(1, %(last)s) AS n"
OWNED = """
SELECT (SELECT count(*) FROM public.tenant_work WHERE owner IS NOT NULL) AS owned,
       (SELECT count(*) FROM public.outbox) AS unread
"""


@dataclass(frozen=True, slots=True)
class Active:
    """Each tenant has one pending job on each of three marketplaces: a supervisor and three actors."""

    tenants: int
    schemas: int
    owned_after_s: float
    orchestrator_mib: float
    without_them_mib: float
    within_bound: bool


def measure(tenants: int, schemas: int) -> Active:
    """Compare with an orchestrator over the same database without tenants that have work."""
    with prepared(StoflowPeer, tenants=schemas) as (peer, place):
        assert isinstance(peer, StoflowPeer)
        if peer.tenants != [TenantId(number) for number in range(1, schemas + 1)]:
            message = "A fresh database should number its tenants from 1."
            raise RuntimeError(message)
        peer.start("orchestrator", "orchestrator")
        _wait_until_quiet(place, peer.database, tenants=0)
        without_mib = _orchestrator_mib(place)
        _make_active(peer.database, tenants, schemas)
        began_at = time.monotonic()
        with peer.database.records() as connection:
            connection.execute(ANNOUNCE.encode(), {"last": tenants})
        _wait_until_quiet(place, peer.database, tenants=tenants)
        owned_after_s, held_mib = time.monotonic() - began_at, _orchestrator_mib(place)
    return Active(tenants, schemas, owned_after_s, held_mib, without_mib, held_mib <= AT_MOST_MIB)


def _make_active(database: Database, tenants: int, schemas: int) -> None:
    with database.records() as connection:
        connection.execute(USERS.encode(), {"first": schemas + 1, "last": tenants})
    for first in range(schemas + 1, tenants + 1, TENANTS_A_TRANSACTION):
        with database.records() as connection:
            for number in range(first, min(first + TENANTS_A_TRANSACTION, tenants + 1)):
                theirs = schema_name(TenantId((number - 1) % schemas + 1))
                connection.execute(VIEWS.format(mine=schema_name(TenantId(number)), theirs=theirs).encode())
    for number in range(1, schemas + 1):
        schema = schema_name(TenantId(number))
        with database.records() as connection:
            values = {"action": ACTION, "marketplaces": list(MARKETPLACES)}
            connection.execute(JOBS.format(schema=schema).encode(), values)
            connection.execute(TASKS.format(schema=schema).encode())


def _wait_until_quiet(place: Machine, database: Database, *, tenants: int) -> None:
    """Wait until the tenants are owned, nothing is left to read, and the orchestrator has no work left."""
    ends_at, spent_s = time.monotonic() + OWNED_WITHIN_S, 0.0
    while time.monotonic() < ends_at:
        time.sleep(LOOK_EVERY_S)
        before_s, spent_s = spent_s, sum(sum(process.cpu_times()[:2]) for process in _orchestrator(place))
        with database.records() as connection:
            row = connection.execute(OWNED.encode()).fetchone()
        all_owned = row is not None and row["owned"] >= tenants and row["unread"] == 0
        if all_owned and spent_s - before_s < QUIET_SHARE * LOOK_EVERY_S:
            return
    message = f"The orchestrator did not come to rest with {tenants} tenants.\n{place.logs()}"
    raise RuntimeError(message)


def _orchestrator(place: Machine) -> list[psutil.Process]:
    return [process for kind, process in place.processes() if kind == "orchestrator"]


def _orchestrator_mib(place: Machine) -> float:
    return sum(process.memory_full_info().pss for process in _orchestrator(place)) / MIB
