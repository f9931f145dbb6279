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
from stoflow.domain.job import JobStatus, TaskKind, TaskPlan
from stoflow.storage.database.connecting import KEPT_PLANS
from stoflow.storage.database.transactions import with_numbers
from stoflow.storage.engine.claim import Claim
from stoflow.storage.engine.close import Closing
from stoflow.storage.engine.folded import Folded, claim_folded, close_folded, planned
from stoflow.storage.engine.reads.queue import ONE
from stoflow.storage.engine.reads.workers import job_read
from stoflow.storage.engine.statement import bind, composed
from stoflow.storage.engine.submit import FOLDED, INSERT_JOB
from stoflow.storage.engine.unrecorded import InnerDone, Settled, Unrecorded

TIMES = 30
PLANNING = re.compile(r"Planning Time: ([\d.]+) ms")
JOB, TASK, EPOCH, PROCESS = JobId(1), TaskId(2), Epoch(3), ProcessId(4)
LEAST = "an update by key"
BY_KEY = (
    "UPDATE {s}.marketplace_jobs SET status = 'running' WHERE id = %(job)s::int AND status = 'pending' RETURNING id"
)
INNER = InnerDone(TaskId(1), "map", {}, "", 0.0, 0.0)
SETTLED = Settled(TaskId(3), "upload", Fence(1), {}, 0.0)


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
    plan = [TaskPlan("map", TaskKind.INNER), *(TaskPlan(name, TaskKind.REPEATABLE) for name in ("upload", "create"))]
    folded = Folded(0, planned(plan), [INNER.task, SETTLED.task, TASK], 0.0)
    first = claim_folded(_claim(tenant, Unrecorded((INNER,))), folded, before=JobStatus.PENDING)
    settled = Unrecorded((INNER,), SETTLED)
    following = claim_folded(_claim(tenant, settled), folded, before=JobStatus.RUNNING)
    close = close_folded(Closing(tenant, JOB, EPOCH, JobStatus.RUNNING, settled), folded, {})
    return {
        "submit": bind(composed(INSERT_JOB, *FOLDED), tenant).text,
        "read by its actor": bind(ONE, tenant).text,
        "read by its worker": job_read(tenant, JOB, on_product=False, folded=True).text,
        "first claim": first.text,
        "settle and claim": following.text,
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


def _claim(tenant: TenantId, unrecorded: Unrecorded) -> Claim:
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
        unrecorded=unrecorded,
    )
