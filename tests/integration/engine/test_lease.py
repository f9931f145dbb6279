"""A process keeps its lease whatever happens, and takes a new identity once it was taken for dead."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stoflow.domain.ids import ProcessId
from stoflow.monitoring.failpoints import FailpointError, arm, disarm
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import mark_dead
from stoflow.upkeep.birth import birth, is_gone
from stoflow.upkeep.lease import Lease

OFTEN_S = 0.02
SOON_S = 10.0
HELD = """
INSERT INTO public.processes (kind, host, machine, pid, begun, started_at, expires_at)
VALUES (%s, 'host', %s, %s, %s, clock_timestamp(), clock_timestamp() + interval '1 minute')
"""


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    disarm()


def test_a_process_that_was_taken_for_dead_takes_a_new_identity(database: Database) -> None:
    told: list[ProcessId] = []
    heard = threading.Event()

    def on_lost(new: ProcessId) -> None:
        told.append(new)
        heard.set()

    lease = Lease(database, "worker", lease_s=30.0, every_s=OFTEN_S, on_lost=on_lost)
    lease.start()
    before = lease.process()
    with database.records() as connection:
        mark_dead(connection, before)

    assert heard.wait(SOON_S)

    assert told == [lease.process()]
    assert lease.process() != before
    lease.stop()


def test_a_beat_that_breaks_is_followed_by_the_next_one(database: Database) -> None:
    """Without its thread the process would live on with a dead identity, and claim nothing for ever."""
    beats = threading.Semaphore(0)

    def break_once() -> None:
        beats.release()
        raise FailpointError("nobody foresaw this")

    lease = Lease(database, "worker", lease_s=30.0, every_s=OFTEN_S)
    arm("lease.beat.before", break_once)
    lease.start()

    assert beats.acquire(timeout=SOON_S)
    assert beats.acquire(timeout=SOON_S)

    lease.stop()


def test_a_lease_that_is_given_back_makes_nobody_wait(database: Database) -> None:
    lease = Lease(database, "worker", lease_s=3600.0, every_s=60.0)
    lease.start()
    process = lease.process()

    lease.stop()

    with database.records() as connection:
        row = connection.execute("SELECT dead FROM public.processes WHERE id = %s", [process]).fetchone()
    assert row == {"dead": True}


@pytest.fixture
def child() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that waits to be told to end."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as started:
        yield started
        started.kill()


def test_who_was_killed_with_everything_is_known_as_dead_when_the_machine_is_back(
    database: Database, child: "subprocess.Popen[bytes]"
) -> None:
    """Nobody was left who could have said so, and what they held would wait for the end of their leases."""
    born = birth()
    assert born is not None
    begun = begun_of(child.pid)
    strangers = "host 4a5b pid:[1]"
    with database.records() as connection:
        rows = {
            "lives": (born.machine, child.pid, begun),
            "had its pid before": (born.machine, child.pid, begun - 1),
            "lives elsewhere": (strangers, child.pid, begun - 1),
            "says nothing": (None, child.pid, None),
        }
        for kind, row in rows.items():
            connection.execute(HELD, (kind, *row))

    def living() -> set[str]:
        with database.records() as asked:
            return {row["kind"] for row in asked.execute("SELECT kind FROM public.processes WHERE NOT dead")}

    with held(Lease(database, "worker", lease_s=30.0, every_s=SOON_S)):
        assert living() == {"worker", *rows} - {"had its pid before"}

        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and its parent was not told yet
        with held(Lease(database, "worker", lease_s=30.0, every_s=SOON_S)):
            assert living() == {"worker", "lives elsewhere", "says nothing"}

        child.wait()
        assert is_gone(child.pid, begun)


def begun_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


@contextmanager
def held(lease: Lease) -> Iterator[None]:
    lease.start()
    try:
        yield
    finally:
        lease.stop()
