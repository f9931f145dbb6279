"""How soon a quiet system begins: from the 201 to the first task's start, at one job a second."""

import time
from dataclasses import dataclass

from benchmarks.figures import percentile
from benchmarks.stoflow_api import Api, stoflow_with_api, submit
from benchmarks.workload import BenchJob
from stoflow.domain.ids import TenantId
from stoflow.storage.database.session import schema_name

EVERY_S = 1.0
STARTED_WITHIN_S = 10.0
P50_AT_MOST_MS = 50.0

FIRST_START = """
SELECT extract(epoch FROM started_at)::float8 AS at FROM {schema}.marketplace_jobs WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class PickUp:
    jobs: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    within_bound: bool


def measure(count: int) -> PickUp:
    """Submit over HTTP; the start is the one recorded, by a clock of the same machine."""
    with stoflow_with_api(tenants=1) as api:
        tenant, latencies_ms = api.peer.tenants[0], list[float]()
        token, connection = api.token(tenant), api.connection()
        for number in range(count):
            job = submit(connection, token, BenchJob(f"pickup-{number}", 1).payload())
            answered_at = time.time()
            time.sleep(EVERY_S)
            latencies_ms.append(1000 * (_started_at(api, tenant, job) - answered_at))
        connection.close()
    p50_ms = percentile(latencies_ms, 0.5)
    return PickUp(count, p50_ms, percentile(latencies_ms, 0.99), max(latencies_ms), p50_ms <= P50_AT_MOST_MS)


def _started_at(api: Api, tenant: TenantId, job: int) -> float:
    sql = FIRST_START.format(schema=schema_name(tenant)).encode()
    ends_at = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < ends_at:
        with api.peer.database.records() as connection:
            row = connection.execute(sql, [job]).fetchone()
        if row and row["at"] is not None:
            return row["at"]
        time.sleep(0.1)
    message = f"Job {job} did not start.\n{api.machine.logs()}"
    raise RuntimeError(message)
