"""What PostgreSQL plans for one job: each statement of the hot path, planned anew as for a tenant not seen lately."""

import re
import time
from collections.abc import Mapping
from typing import Any

import psycopg

from benchmarks.machine import machine
from benchmarks.stoflow_peer import StoflowPeer
from stoflow.domain.fence import Fence
from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.storage.database.connecting import KEPT_PLANS
from stoflow.storage.database.transactions import with_numbers
from stoflow.storage.engine.claim import Claim
from stoflow.storage.engine.close import Closing, close_completed
from stoflow.storage.engine.reads.queue import ONE
from stoflow.storage.engine.reads.workers import READ_JOB
from stoflow.storage.engine.statement import bind, composed
from stoflow.storage.engine.submit import INSERT_JOB
from stoflow.storage.engine.unrecorded import InnerDone, Settled, Unrecorded

TIMES = 30
PLANNING = re.compile(r"Planning Time: ([\d.]+) ms")
JOB, TASK, EPOCH, PROCESS = JobId(1), TaskId(2), Epoch(3), ProcessId(4)
LEAST = "an update by key"
BY_KEY = (
    "UPDATE {s}.marketplace_jobs SET status = 'running' WHERE id = %(job)s::int AND status = 'pending' RETURNING id"
)
INNER = InnerDone(TaskId(1), "map", {}, "", 0.0, 0.0)
SETTLED = Settled(TaskId(1), "upload", Fence(1), {}, 0.0)


def measure(times: int = TIMES) -> dict[str, dict[str, Any]]:
    """Return by statement the ms of its planning, and of reading, planning and describing it: the least of so many."""
    with machine() as place:
        peer = StoflowPeer(place)
        try:
            peer.setup(tenants=1)
            statements = texts(peer.tenants[0])
            with psycopg.connect(place.urls.database_url, autocommit=True, prepare_threshold=None) as connection:
                for name, value in KEPT_PLANS.items():
                    connection.execute("SELECT set_config(%s, %s, false)", [name, value])
                found = {name: _planned(connection, text, times) for name, text in statements.items()}
        finally:
            peer.stop()
    of_a_job = [row for name, row in found.items() if name != LEAST]
    sums = {column: sum(row[column] for row in of_a_job) for column in of_a_job[0]}
    return {**found, "all of a job": sums}


def texts(tenant: TenantId) -> Mapping[str, str]:
    """Return the statements that a job of two outside tasks and inner ones is made of, and the least that there is."""
    first = _claim(tenant, Unrecorded((INNER,)))
    following = _claim(tenant, Unrecorded((INNER,), SETTLED), begins=False)
    close = close_completed(Closing(tenant, JOB, EPOCH, JobStatus.RUNNING, Unrecorded((INNER,), SETTLED)), {})
    return {
        "submit": bind(composed(INSERT_JOB), tenant).text,
        "read by its actor": bind(ONE, tenant).text,
        "read by its worker": bind(composed(READ_JOB), tenant).text,
        "first claim": first,
        "settle and claim": following,
        "settle and close": close.text,
        LEAST: bind(BY_KEY, tenant).text,
    }


def _planned(connection: psycopg.Connection[Any], text: str, times: int) -> dict[str, float]:
    explained = b"EXPLAIN (GENERIC_PLAN, SUMMARY) " + with_numbers(text)[0].encode()
    spent = [_explain(connection, explained) for _ in range(times)]
    return {"planning_ms": min(planning for planning, _ in spent), "whole_ms": min(whole for _, whole in spent)}


def _explain(connection: psycopg.Connection[Any], statement: bytes) -> tuple[float, float]:
    began_at = time.perf_counter()
    rows = connection.execute(statement).fetchall()
    whole_ms = 1000 * (time.perf_counter() - began_at)
    planning = PLANNING.search(rows[-1][0])
    assert planning is not None
    return float(planning[1]), whole_ms


def _claim(tenant: TenantId, unrecorded: Unrecorded, *, begins: bool = True) -> str:
    return Claim(
        tenant=tenant,
        job=JOB,
        task=TASK,
        name="upload",
        claims=0,
        epoch=EPOCH,
        process=PROCESS,
        holder=PROCESS,
        marketplace="nowhere",
        action="publish",
        pace_s=0.0,
        deadline_s=30.0,
        marker=None,
        digest="",
        in_line=False,
        begins=begins,
        unrecorded=unrecorded,
    ).statement().text  # fmt: skip
