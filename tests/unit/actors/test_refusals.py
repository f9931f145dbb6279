"""Who is told that a marketplace refuses StoFlow itself, and who is asked to find out whether it is over."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from stoflow.actors.news import MayTry, RefusalsChanged
from stoflow.actors.refusals import Refusals
from stoflow.actors.tenants import Tenants
from stoflow.domain.application import Channel, RefusalView

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@dataclass
class Told:
    everyone: list[Any] = field(default_factory=list[Any])
    some: list[tuple[Any, int]] = field(default_factory=list[tuple[Any, int]])

    def tell_all(self, message: Any) -> None:
        self.everyone.append(message)

    def tell_some(self, message: Any, count: int) -> None:
        self.some.append((message, count))


def refused(*, due: bool, place: str = "etsy") -> tuple[RefusalView, bool]:
    return RefusalView(place, Channel.CALLS, "no", NOW, NOW, 0, NOW), due


def turns(*marks: list[tuple[RefusalView, bool]]) -> Told:
    told, left = Told(), list(marks)
    refusals = Refusals(lambda: left.pop(0))
    for _ in marks:
        refusals.turn(cast("Tenants", told))
    return told


def test_everyone_is_told_of_the_begin_and_of_the_end() -> None:
    told = turns([], [refused(due=False)], [refused(due=False)], [])
    assert told.everyone == [RefusalsChanged(frozenset({"etsy"})), RefusalsChanged(frozenset())]
    assert told.some == []


def test_ever_more_are_asked_until_one_has_tried() -> None:
    told = turns(*[[refused(due=True)]] * 3, [refused(due=False)], [refused(due=True)])
    assert told.some == [(MayTry("etsy"), count) for count in (4, 16, 64, 4)]
