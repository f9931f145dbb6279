"""Admission is asked again when something new is told, when a hold ends, and now and then; not at every message."""

from datetime import UTC, datetime, timedelta

import pytest

from stoflow.actors import judged
from stoflow.actors.judged import JUDGED_FOR_S, JudgedPlace
from stoflow.admission.asking import Verdict, judge_place
from stoflow.admission.facts import Conditions, Place
from stoflow.admission.hold import Stops
from stoflow.domain.ids import TenantId

FREE = Place(tenant=TenantId(7), marketplace="shop", now=datetime.now(UTC), settings=Conditions().settings)


class Asked:
    """Admission, and the clock by which it is asked again."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.until: datetime | None = None
        self.times = 0

    def monotonic(self) -> float:
        return self.now_s

    def judge(self, place: Place) -> Verdict:
        self.times += 1
        stops = frozenset({Stops.BEGINNING}) if self.until else judge_place(place).stops
        return Verdict(stops, self.until)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(judged, "time", asked)
    monkeypatch.setattr(judged, "judge_place", asked.judge)
    return asked


def test_what_is_told_is_judged_at_once_and_messages_between_ask_nothing(asked: Asked) -> None:
    place = JudgedPlace()
    assert not place.again(None)
    assert not place.again(FREE)  # it may go, as was thought before
    assert not any(place.again(None) for _ in range(50))
    assert asked.times == 1


def test_another_verdict_is_told(asked: Asked) -> None:
    place = JudgedPlace()
    place.again(FREE)
    asked.now_s += JUDGED_FOR_S
    asked.until = datetime.now(UTC) + timedelta(hours=1)
    assert place.again(None)
    assert place.verdict.stops_new
    assert place.changes_in_s is not None


def test_a_hold_that_ends_sooner_is_asked_for_when_it_ends(asked: Asked) -> None:
    place = JudgedPlace()
    asked.until = datetime.now(UTC)
    place.again(FREE)
    asked.until = None
    assert place.again(None)
    assert place.verdict == Verdict()


def test_a_hold_whose_end_is_not_there_yet_by_the_clock_that_judges_is_waited_for_once_more(asked: Asked) -> None:
    place = JudgedPlace()
    asked.until = datetime.now(UTC) + timedelta(seconds=10)
    assert place.again(FREE)
    assert not place.again(FREE)
    asked.now_s += 10.0  # the timer rings, and that clock was behind
    assert place.again(None)
    assert place.changes_in_s is not None
    assert not place.again(None)
