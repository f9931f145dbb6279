"""The recorder commits many threads' writes at once, and lets none of them spoil another's."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.call import Reply
from stoflow.domain.errors import DatabaseError, DatabaseUnavailable
from stoflow.domain.ids import JobId
from stoflow.execution.attempting import write_settle
from stoflow.storage.database.recorder import Recorder
from stoflow.storage.database.session import Database
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.reads.workers import read_job
from stoflow.storage.engine.statement import Statement, bind, has_row

if TYPE_CHECKING:
    from conftest import Act, Bench

REFUSED = Statement("SELECT 1 / 0", {}, has_row)
WRITERS = 8


class GateBefore(Database):
    """A database whose first transactions fail as if PostgreSQL were away."""

    def __init__(self, url: str, *, away: int) -> None:
        super().__init__(url)
        self.away = away
        self.broken = False
        self.gate = Event()
        self.gate.set()
        self.transactions = 0

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Let transactions wait until the gate is opened."""
        self.gate.clear()
        try:
            yield
        finally:
            self.gate.set()

    @contextmanager
    def planned_records(self) -> Iterator[Transaction]:
        self.gate.wait()
        self.transactions += 1
        if self.broken:
            self.broken = False
            raise KeyboardInterrupt
        if self.away > 0:
            self.away -= 1
            raise DatabaseUnavailable("PostgreSQL is away.")
        with super().planned_records() as connection:
            yield connection


def touched(bench: "Bench", job: JobId) -> Statement[bool]:
    return bind("UPDATE {s}.marketplace_jobs SET waiting = 'x' WHERE id = %(job)s RETURNING id", bench.tenant, job=job)


@pytest.fixture
def away(database_url: str) -> Iterator[GateBefore]:
    opened = GateBefore(database_url, away=0)
    yield opened
    opened.close()


def test_one_refused_write_does_not_spoil_its_neighbours(bench: "Bench", away: GateBefore) -> None:
    jobs = [bench.submit(bench.product(f"Coat {number}")) for number in range(WRITERS)]
    recorder = Recorder(away)

    def write(job: JobId) -> JobId:
        statement = REFUSED if job == jobs[3] else touched(bench, job)
        assert recorder.write(bench.tenant, job, statement)
        return job

    with ThreadPoolExecutor(WRITERS + 1) as writers, away.closed():
        writers.submit(write, jobs[0])  # it waits at the gate; all others stand in line, and go in one commit
        written = [writers.submit(write, job) for job in jobs]
        while len(recorder._line) < WRITERS:
            pass
        away.gate.set()
        outcomes = [future.exception() or future.result() for future in written]

    assert away.transactions == 1 + 1 + WRITERS  # alone, together, and each by itself
    refused = outcomes.pop(3)
    assert isinstance(refused, DatabaseError)
    assert outcomes == [job for job in jobs if job != jobs[3]]


def test_statements_of_one_write_stand_or_fall_together(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    gone = bind("UPDATE {s}.marketplace_jobs SET waiting = 'x' RETURNING id", bench.tenant)

    with pytest.raises(DatabaseError):
        bench.engine.recorder.write(bench.tenant, job, gone, REFUSED)

    assert bench.row(job)["waiting"] is None


def test_a_write_without_postgresql_says_so_and_the_next_one_succeeds(bench: "Bench", away: GateBefore) -> None:
    job = bench.submit(bench.product())
    recorder = Recorder(away)
    away.away = 1

    with pytest.raises(DatabaseUnavailable):
        recorder.write(bench.tenant, job, touched(bench, job))

    assert recorder.write(bench.tenant, job, touched(bench, job))


def test_a_write_whose_thread_broke_leaves_nobody_waiting(bench: "Bench", away: GateBefore) -> None:
    job = bench.submit(bench.product())
    recorder = Recorder(away)
    away.broken = True

    with pytest.raises(KeyboardInterrupt):
        recorder.write(bench.tenant, job, touched(bench, job))

    assert recorder.write(bench.tenant, job, touched(bench, job))


def test_a_settle_that_finds_postgresql_away_is_written_when_it_is_back(bench: "Bench", away: GateBefore) -> None:
    """The call was made: its outcome may not be lost while the lease lasts."""
    worker = bench.worker(recorder=Recorder(away))
    job = bench.submit(bench.product())

    def while_postgresql_leaves(act: "Act") -> Reply:
        away.away = 3
        return act()

    bench.shop.plan(None, None, while_postgresql_leaves)

    worker.run(job)

    assert away.away == 0
    assert bench.row(job)["status"] == "completed"
    assert bench.shop.calls.count("POST /publish") == 1


def test_a_settle_is_dropped_once_the_lease_has_ended(bench: "Bench", away: GateBefore) -> None:
    """The next claim looks: what nobody wrote may have been swept and given to another."""
    worker = bench.worker(recorder=Recorder(away), lease_s=0.0)
    away.away = 10
    with bench.engine.database.records() as connection:
        job = read_job(connection, bench.tenant, bench.submit(bench.product()))
    assert job is not None

    with pytest.raises(DatabaseUnavailable):
        write_settle(worker.engine, job, touched(bench, job.id))


def test_a_claim_is_not_worth_waiting_for_postgresql(bench: "Bench", away: GateBefore) -> None:
    worker = bench.worker(recorder=Recorder(away))
    job = bench.submit(bench.product())
    away.away = 1

    with pytest.raises(DatabaseUnavailable):
        worker.run(job)

    assert bench.shop.calls == []
