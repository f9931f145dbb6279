"""What a five-step job makes PostgreSQL do: statements on the processor or waiting, commits, WAL, rows by table."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from benchmarks.machine import Machine
from benchmarks.peer import Peer, wait_until_done
from benchmarks.session import warm
from benchmarks.stoflow_peer import StoflowPeer
from benchmarks.workload import BenchJob, jobs

TENANTS = 50
WITHIN_S = 300.0
LOOK_EVERY_S = 0.015
TOLD_WITHIN_S = 1.2  # PostgreSQL's processes tell their numbers once a second
LEAST_A_JOB = 0.05
NAMES: Mapping[str, str] = {
    "WITH job AS ( INSERT INTO": "submit",
    "WITH taken AS ( DELETE FROM public.outbox": "take from the outbox",
    "SELECT j.id, j.marketplace, public.action_code(j.action_type_id) AS action, j.priority": "read by its actor",
    "SELECT j.id, j.marketplace, public.action_code(j.action_type_id) AS action, j.request_id": "read by its worker",
    "UPDATE user_N.marketplace_jobs j SET folded": "claim, settle and claim, settle and close",
}
ACTIVE = """
SELECT query, wait_event_type IS NULL AS runs FROM pg_stat_activity
WHERE state = 'active' AND pid <> pg_backend_pid() AND wait_event_type IS DISTINCT FROM 'Client'
"""
TABLES = """
SELECT CASE schemaname WHEN 'public' THEN 'public.' ELSE 'of a tenant: ' END || relname AS name,
    sum(n_tup_ins)::int AS inserted, sum(n_tup_upd)::int AS updated, sum(n_tup_hot_upd)::int AS updated_in_place,
    sum(n_tup_del)::int AS deleted
FROM pg_stat_user_tables GROUP BY 1
"""
ALL = """
SELECT d.xact_commit AS commits, w.wal_records, w.wal_bytes::bigint, w.wal_fpi AS wal_full_pages
FROM pg_stat_database d, pg_stat_wal w WHERE d.datname = current_database()
"""

Numbers = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Plan:
    warm: int = 1500  # jobs, until each connection has planned what it keeps
    jobs: int = 3000


SHORT = Plan(100, 200)


def measure(plan: Plan) -> dict[str, Any]:
    """Return the statements by how often they were found at work, and what a job wrote."""
    work = jobs("burst", plan.warm + plan.jobs, tenants=range(1, TENANTS + 1))
    with warm(StoflowPeer, tenants=TENANTS) as (peer, place), _connect(place) as connection:
        _do(peer, work[: plan.warm], 0)
        before = _numbers(connection)
        seen = _watched(place, lambda: _do(peer, work[plan.warm :], plan.warm))
        after = _numbers(connection)
    whole = sum(seen.values())
    names = sorted({name for name, _ in seen}, key=lambda name: -seen[name, True])
    shares = {
        name: {"runs": seen[name, True] / whole, "waits for a lock or a disk": seen[name, False] / whole}
        for name in names
    }
    of_a_job = {name: _each(before.get(name, {}), numbers, plan.jobs) for name, numbers in after.items()}
    spent = of_a_job.pop("")
    tables = {name: row for name, row in sorted(of_a_job.items()) if max(row.values()) >= LEAST_A_JOB}
    return {"statements": shares, "a_job": spent, "tables": tables}


def _do(peer: Peer, work: Sequence[BenchJob], before: int) -> None:
    for job in work:
        peer.enqueue(job)
    wait_until_done(peer, "burst", before + len(work), within_s=WITHIN_S)


def _watched(place: Machine, work: Callable[[], None]) -> Counter[tuple[str, bool]]:
    """Return how often each statement was found at work meanwhile, running or waiting."""
    seen, ended = Counter[tuple[str, bool]](), threading.Event()

    def look() -> None:
        with _connect(place) as connection:
            while not ended.wait(LOOK_EVERY_S):
                seen.update((_name(row["query"]), row["runs"]) for row in connection.execute(ACTIVE))

    looking = threading.Thread(target=look, name="looking")
    looking.start()
    try:
        work()
    finally:
        ended.set()
        looking.join()
    return seen


def _name(text: str) -> str:
    said = re.sub(r"\buser_\d+\.", "user_N.", re.sub(r"\s+", " ", text).strip())
    return next((name for beginning, name in NAMES.items() if said.startswith(beginning)), "all else")


def _numbers(connection: psycopg.Connection[DictRow]) -> Numbers:
    time.sleep(TOLD_WITHIN_S)
    rows = connection.execute(TABLES).fetchall()
    (whole,) = connection.execute(ALL).fetchall()
    return {"": whole, **{row.pop("name"): row for row in rows}}


def _each(before: Mapping[str, int], after: Mapping[str, int], count: int) -> dict[str, float]:
    return {name: (value - before.get(name, 0)) / count for name, value in after.items()}


def _connect(place: Machine) -> psycopg.Connection[DictRow]:
    return psycopg.Connection[DictRow].connect(place.urls.database_url, autocommit=True, row_factory=dict_row)
