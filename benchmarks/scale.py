"""How it grows: tenants made in a row, and one tenant with a million pending jobs."""

import time
from dataclasses import dataclass

import psutil

from benchmarks.figures import percentile
from benchmarks.machine import Machine, machine
from benchmarks.peer import wait_until_done
from benchmarks.session import prepared
from benchmarks.stoflow_marketplace import ACTION, NAME
from benchmarks.stoflow_peer import StoflowPeer
from benchmarks.workload import STEPS, BenchJob
from stoflow.migrations import runner
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.database.tenants import create_tenant

MIB = 2**20
STARTED_WITHIN_S = 120.0
TENANT_P95_AT_MOST_S = 1.0
RESTART_AT_MOST_S = 15.0
MORE_MEMORY_AT_MOST_MIB = 100.0

PENDING_JOBS = """
INSERT INTO {schema}.marketplace_jobs (marketplace, action_type_id, priority, status, input_data, max_retries)
SELECT a.marketplace, a.id, 4, 'pending', jsonb_build_object('job', 'pending', 'n', 0, 'step_s', 3600), a.max_retries
FROM public.marketplace_action_types a, generate_series(1, %(jobs)s)
WHERE a.marketplace = %(marketplace)s AND a.code = %(action)s
"""
THEIR_TASKS = """
INSERT INTO {schema}.marketplace_tasks (job_id, name, position, kind, status)
SELECT j.id, t.name, t.position, CASE WHEN t.name IN ('upload', 'create') THEN 'repeatable' ELSE 'inner' END, 'pending'
FROM {schema}.marketplace_jobs j, unnest(%(steps)s::text[]) WITH ORDINALITY AS t (name, position)
"""


@dataclass(frozen=True, slots=True)
class Tenants:
    tenants: int
    p50_s: float
    p95_s: float
    within_bound: bool


@dataclass(frozen=True, slots=True)
class Pending:
    """`restart_s`: from the start of an orchestrator and workers to the end of a critical job made before it."""

    jobs: int
    restart_s: float
    orchestrator_mib: float
    orchestrator_without_them_mib: float
    within_bound: bool


def measure_tenants(count: int) -> Tenants:
    """Create tenants one after the other."""
    durations_s: list[float] = []
    with machine() as place:
        runner.migrate(place.urls.database_url, parallel=1)
        database = Database(place.urls.database_url)
        for number in range(count):
            began_at = time.perf_counter()
            create_tenant(database, f"tenant{number}@example.com")
            durations_s.append(time.perf_counter() - began_at)
        database.close()
    p95_s = percentile(durations_s, 0.95)
    return Tenants(count, percentile(durations_s, 0.5), p95_s, p95_s <= TENANT_P95_AT_MOST_S)


def measure_pending(count: int) -> Pending:
    """Compare an orchestrator over that many pending jobs with one over none."""
    _, without_mib = _restart(0)
    restart_s, with_mib = _restart(count)
    within = restart_s <= RESTART_AT_MOST_S and with_mib - without_mib <= MORE_MEMORY_AT_MOST_MIB
    return Pending(count, restart_s, with_mib, without_mib, within)


def _restart(pending: int) -> tuple[float, float]:
    with prepared(StoflowPeer, tenants=1) as (peer, place):
        assert isinstance(peer, StoflowPeer)
        _insert(peer, pending)
        peer.enqueue(BenchJob("first", 1), priority=1)
        began_at = time.perf_counter()
        peer.start_workers()
        if not wait_until_done(peer, "first", 1, within_s=STARTED_WITHIN_S, every_s=0.05):
            message = f"Nothing was done with {pending} jobs pending.\n{place.logs()}"
            raise RuntimeError(message)
        return time.perf_counter() - began_at, _orchestrator_mib(place)


def _insert(peer: StoflowPeer, jobs: int) -> None:
    schema = schema_name(peer.tenants[0])
    with peer.database.records() as connection:
        connection.execute("SET LOCAL statement_timeout = 0")
        values = {"jobs": jobs, "marketplace": NAME, "action": ACTION}
        connection.execute(PENDING_JOBS.format(schema=schema).encode(), values)
        connection.execute(THEIR_TASKS.format(schema=schema).encode(), {"steps": list(STEPS)})
    with peer.database.records() as connection:
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute(f"ANALYZE {schema}.marketplace_jobs, {schema}.marketplace_tasks".encode())


def _orchestrator_mib(place: Machine) -> float:
    """Return what it holds a few seconds after, when the outbox has been read."""
    time.sleep(5)
    processes: list[psutil.Process] = [process for kind, process in place.processes() if kind == "orchestrator"]
    return sum(process.memory_full_info().pss for process in processes) / MIB
