"""What comes alone never waits; what comes in a flood begins a little apart."""

import pytest

from stoflow.domain import spacing
from stoflow.domain.spacing import Spacing


class Clock:
    """Stands still but for those who sleep."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept_s: list[float] = []

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_s += seconds


def test_only_batches_that_come_too_soon_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(spacing, "time", clock)
    batches = Spacing(apart_s=2.0, at_once=1)

    batches.wait()
    assert clock.slept_s == []
    clock.now_s += 0.5
    batches.wait()
    batches.wait()
    assert clock.slept_s == [1.5, 2.0]
    clock.now_s += 60.0
    batches.wait()
    assert clock.slept_s == [1.5, 2.0]


def test_a_few_begin_at_once_and_the_rate_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(spacing, "time", clock)
    batches = Spacing(apart_s=2.0, at_once=3)

    for _ in range(3):
        batches.wait()
    assert clock.slept_s == []
    batches.wait()
    assert clock.slept_s == [2.0]
    clock.now_s += 5.0  # in which two and a half more could have begun
    batches.wait()
    batches.wait()
    assert clock.slept_s == [2.0]
    batches.wait()
    assert clock.slept_s == [2.0, 1.0]
