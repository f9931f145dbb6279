"""DBOS Transact: the nearest durable product, on PostgreSQL alone."""

import json
import time
from collections.abc import Mapping
from typing import Any

import psycopg
from dbos import DBOSClient
from psycopg import sql

from benchmarks.machine import Machine
from benchmarks.peer import CONTEXT, PROCESSES
from benchmarks.workload import BenchJob

DATABASE = "dbos"
QUEUE = "jobs"
MIGRATED_WITHIN_S = 60.0

# With the default, one look a second, a process takes at most `worker_concurrency` jobs a second.
PLAIN_QUEUE = {"worker_concurrency": 64, "polling_interval_sec": 0.1}
# So that no tenant waits behind another's flood.
PARTITIONED_QUEUE = {**PLAIN_QUEUE, "partition_worker_concurrency": 8}

DONE = """
SELECT workflow_uuid, coalesce(completed_at, updated_at) FROM dbos.workflow_status
WHERE status = 'SUCCESS' AND starts_with(workflow_uuid, %s)
"""


class DbosPeer:
    """Two processes with eight threads each; the queue looks ten times a second."""

    name = "dbos"
    durable = "the workflow's state, each step's end and result, in PostgreSQL"
    queue: Mapping[str, Any] = PLAIN_QUEUE
    partitioned = False

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._url = machine.urls.database_url.replace("/postgres?", f"/{DATABASE}?")
        self._engine_url = self._url.replace("postgresql://", "postgresql+psycopg://")
        context = {"database_url": self._engine_url, "queue": dict(self.queue)}
        self._environment = {CONTEXT: json.dumps(context)}
        self._client: DBOSClient | None = None
        self._records: psycopg.Connection | None = None

    def setup(self, *, tenants: int) -> None:
        del tenants  # they exist in the payload and the partition key
        with psycopg.connect(self._machine.urls.database_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        # A first worker, ended again, brings the tables.
        self._start_worker(0)
        self._records = psycopg.connect(self._url, autocommit=True)
        _wait_for_tables(self._records, self._machine)
        self._machine.end_processes()

    def open(self) -> None:
        self._client = DBOSClient(system_database_url=self._engine_url)

    def start_workers(self) -> None:
        for number in range(PROCESSES):
            self._start_worker(number)

    def enqueue(self, job: BenchJob) -> None:
        assert self._client is not None
        options: Any = {"workflow_name": "job", "queue_name": QUEUE, "workflow_id": job.name}
        if self.partitioned:
            options["queue_partition_key"] = str(job.tenant)
        self._client.enqueue(options, job.payload())

    def done_times(self, beginning: str) -> Mapping[str, float]:
        assert self._records is not None
        return {name: at_ms / 1000 for name, at_ms in self._records.execute(DONE, [beginning])}

    def stop(self) -> None:
        if self._client is not None:
            self._client.destroy()
        if self._records is not None:
            self._records.close()
        self._machine.end_processes()

    def _start_worker(self, number: int) -> None:
        self._machine.python("workers", ["-m", "benchmarks.dbos_worker", str(number)], self._environment)


class PartitionedDbosPeer(DbosPeer):
    """The same with one partition of the queue per tenant."""

    name = "dbos-partitioned"
    queue = PARTITIONED_QUEUE
    partitioned = True


def _wait_for_tables(records: psycopg.Connection, machine: Machine) -> None:
    ends_at = time.monotonic() + MIGRATED_WITHIN_S
    while time.monotonic() < ends_at:
        row = records.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'queues'").fetchone()
        if row and row[0] and _queue_is_there(records):
            return
        time.sleep(0.1)
    message = f"DBOS made no tables.\n{machine.logs()}"
    raise RuntimeError(message)


def _queue_is_there(records: psycopg.Connection) -> bool:
    row = records.execute("SELECT count(*) FROM dbos.queues").fetchone()
    return bool(row and row[0])
