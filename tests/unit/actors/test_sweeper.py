"""The sweeper's thread sees to those who ask and to all the others too."""

import threading
from collections.abc import Sequence
from queue import SimpleQueue
from typing import cast

import pytest

from stoflow.actors.sweeper import Sweeper
from stoflow.domain.ids import TenantId
from stoflow.upkeep.sweep import Sweep
from stoflow.upkeep.ticking import RESTS_AFTER

SOON_S = 10.0
NEVER_S = 1000.0


class Asked:
    """A sweep during which somebody asks again each time."""

    def __init__(self, *, breaks: int = 0) -> None:
        self.breaks = breaks
        self.everybody = threading.Event()
        self.sweeper: Sweeper | None = None

    def mark_dead(self) -> bool:
        self.breaks -= 1
        if self.breaks >= 0:
            raise LookupError("nobody foresaw this")
        return False

    def tenants(self, tenants: Sequence[TenantId]) -> None:
        assert self.sweeper is not None
        self.sweeper.soon(tenants[0])

    def next_page(self) -> bool:
        self.everybody.set()
        return False


def test_a_tenant_that_asks_all_the_time_does_not_keep_the_others_from_their_turn() -> None:
    sweep = Asked()
    sweep.sweeper = sweeper = Sweeper(cast("Sweep", sweep), every_s=0.0, on_swept=lambda _: None, rests=lambda: False)
    sweeper.soon(TenantId(7))
    sweeper.start()

    assert sweep.everybody.wait(SOON_S)

    sweeper.stop()


def test_a_sweep_that_breaks_is_followed_by_the_next_one() -> None:
    sweep = Asked(breaks=1)
    sweep.sweeper = sweeper = Sweeper(cast("Sweep", sweep), every_s=0.0, on_swept=lambda _: None, rests=lambda: False)
    sweeper.start()

    assert sweep.everybody.wait(SOON_S)

    sweeper.stop()


class Quiet:
    """A sweep in which nobody dies."""

    def __init__(self) -> None:
        self.looked = threading.Semaphore(0)
        self.died = False

    def mark_dead(self) -> bool:
        self.looked.release()
        return self.died

    def everyone(self) -> bool:
        self.died = False
        return True

    def next_page(self) -> bool:
        return False


def test_it_rests_without_a_tenant_until_it_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stoflow.actors.sweeper.LOOK_EVERY_S", 0.0)
    monkeypatch.setattr("stoflow.actors.sweeper.REST_S", NEVER_S)
    sweep = Quiet()
    sweeper = Sweeper(cast("Sweep", sweep), every_s=NEVER_S, on_swept=lambda _: None, rests=lambda: True)
    sweeper.start()
    for _ in range(RESTS_AFTER):
        assert sweep.looked.acquire(timeout=SOON_S)

    sweeper.wake()

    assert sweep.looked.acquire(timeout=SOON_S), "it was woken, and looked again"
    sweeper.stop()


def test_whoever_looks_for_tenants_is_told_that_somebody_died() -> None:
    sweep, told = Quiet(), SimpleQueue[bool]()
    sweep.died = True
    sweeper = Sweeper(cast("Sweep", sweep), every_s=NEVER_S, on_swept=told.put, rests=lambda: True)
    sweeper.start()

    assert told.get(timeout=SOON_S)

    sweeper.stop()


class Interrupted(Quiet):
    """A sweep of everyone that comes to its end the third time only: first it breaks, then somebody else sweeps."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0
        self.ended = threading.Event()

    def mark_dead(self) -> bool:
        return self.begun == 0  # of one death the sweep is told once

    def everyone(self) -> bool:
        self.begun += 1
        if self.begun == 1:
            raise LookupError("PostgreSQL went away")
        if self.begun == 3:
            self.ended.set()
        return self.begun >= 3


def test_everyone_is_swept_after_a_death_though_the_first_sweeps_came_to_no_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whom it did not come to would wait for the deadlines of what the dead one had under way."""
    monkeypatch.setattr("stoflow.actors.sweeper.LOOK_EVERY_S", 0.0)
    monkeypatch.setattr("stoflow.actors.sweeper.REST_S", 0.0)
    sweep = Interrupted()
    sweeper = Sweeper(cast("Sweep", sweep), every_s=NEVER_S, on_swept=lambda _: None, rests=lambda: False)
    sweeper.start()

    assert sweep.ended.wait(SOON_S)

    sweeper.stop()
    assert sweep.begun == 3
