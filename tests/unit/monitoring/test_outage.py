"""An outage leaves a line at its begin and one at its end, however much is tried in between."""

import logging

import pytest

from stoflow.domain.facts.outages import ServerOutageBegan, ServerOutageEnded
from stoflow.monitoring.outage import Outage


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        self.now_s += 10.0
        return self.now_s


def fail(outage: Outage, times: int = 1) -> None:
    for _ in range(times):
        outage.failed(lambda: ServerOutageBegan("Redis", "Connection refused"))


def answer(outage: Outage) -> None:
    outage.answered(lambda lasted_s: ServerOutageEnded("Redis", lasted_s))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line.getMessage() for line in caplog.records if line.levelno >= logging.WARNING]


def test_only_its_begin_and_its_end_are_told(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(streak=1, clock=Clock())
    answer(outage)
    fail(outage, 50)
    answer(outage)
    answer(outage)
    assert lines(caplog) == ["Redis does not answer: Connection refused.", "Redis answers again, after 10.0 s."]


def test_failures_between_answers_are_no_outage(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(streak=3)
    for _ in range(5):
        fail(outage, 2)
        answer(outage)
    assert lines(caplog) == []


def test_it_is_told_with_the_failure_that_makes_it_one_and_lasts_from_the_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outage = Outage(streak=3, clock=Clock())
    fail(outage, 2)
    assert lines(caplog) == []
    fail(outage, 2)
    assert len(lines(caplog)) == 1
    answer(outage)
    assert "10.0 s" in lines(caplog)[1]
