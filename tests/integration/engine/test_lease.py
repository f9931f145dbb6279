"""A process keeps its lease whatever happens, and takes a new identity once it was taken for dead."""

import threading
from collections.abc import Iterator

import pytest

from stoflow.domain.ids import ProcessId
from stoflow.monitoring.failpoints import FailpointError, arm, disarm
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import mark_dead
from stoflow.upkeep.lease import Lease

OFTEN_S = 0.02
SOON_S = 10.0


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
