"""What a marketplace actor permits, whatever the order in which it hears of runs and of plugins' answers."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, cast

import pytest

from stoflow.actors import judged
from stoflow.actors.mailbox import Pool
from stoflow.actors.marketplace import MarketplaceActor
from stoflow.actors.news import (
    Due,
    Finished,
    Freed,
    HasLeft,
    Left,
    MayTry,
    Offer,
    PaceDue,
    PlaceRead,
    Reload,
    Reported,
    Reread,
    Take,
    Want,
    Watch,
)
from stoflow.actors.permits import Permits
from stoflow.admission.facts import Conditions, Place
from stoflow.domain.application import RefusalMark
from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.run import NextMove, RunMessage, RunMode, RunReport
from tests.harness.queued import NEW_JOB

UPLOAD, CREATE, SAVE = TaskId(11), TaskId(12), TaskId(13)
JOB = replace(NEW_JOB, task=UPLOAD, product=5)


class Later(datetime):
    """A clock that is a minute ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # pyright: ignore[reportIncompatibleMethodOverride]
        return datetime.now(tz) + timedelta(minutes=1)


def place(**known: Any) -> PlaceRead:
    """What the supervisor has read of the tenant's marketplace."""
    facts: dict[str, Any] = {"tenant": TenantId(7), "marketplace": "shop", "now": datetime.now(UTC)}
    return PlaceRead(Place(**facts, settings=Conditions().settings, **known))


@dataclass
class Ref:
    """An actor's reference that keeps what it was told."""

    told: list[Any] = field(default_factory=list[Any])

    def tell(self, message: Any) -> None:
        self.told.append(message)

    def of(self, kind: type) -> list[Any]:
        return [message for message in self.told if isinstance(message, kind)]


@dataclass
class Clock:
    """Timers that never ring by themselves."""

    set: list[tuple[float, Any]] = field(default_factory=list[tuple[float, Any]])

    def after(self, delay_s: float, _ref: Any, message: Any) -> None:
        self.set.append((delay_s, message))


@dataclass
class Scene:
    """One actor with fakes around it; `hears` is a message taken from its mailbox."""

    actor: MarketplaceActor
    supervisor: Ref
    dispatcher: Ref
    clock: Clock
    swept: list[TenantId]

    def hears(self, *messages: Any) -> None:
        for message in messages:
            self.actor.handle(message)

    def reported(self, move: NextMove, task: int, claims: int, *, delay_s: float = 0.0) -> None:
        report = RunReport(
            tenant=TenantId(7),
            job=JOB.id,
            marketplace="shop",
            mode=RunMode.ACT,
            move=move,
            task=TaskId(task),
            claims=claims,
            delay_s=delay_s,
        )
        self.hears(Reported(report))

    @property
    def sent(self) -> list[tuple[int, int]]:
        """Return the task and claims of every message that left."""
        return [(offer.message.task, offer.message.claims) for offer in self.dispatcher.of(Offer)]


MakeScene = Callable[..., Scene]


@pytest.fixture
def scene() -> MakeScene:
    def make(*, cap: int = 1, pace_s: float = 0.0) -> Scene:
        supervisor, dispatcher, clock = Ref(), Ref(), Clock()
        swept: list[TenantId] = []
        permits = Permits(
            tenant=TenantId(7),
            marketplace="shop",
            epoch=Epoch(1),
            me=ProcessId(1),
            cap=cap,
            pace_s=lambda _: pace_s,
            sweep_soon=swept.append,
        )
        actor = MarketplaceActor(Pool(0), _no_death, permits, *cast("Any", (supervisor, dispatcher, clock)))
        return Scene(actor, supervisor, dispatcher, clock, swept)

    return make


def _no_death(_actor: object, error: BaseException) -> None:
    raise error


def test_a_job_with_a_plugin_holds_its_place_until_the_answer(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.PLUGIN, UPLOAD, 1, delay_s=60.0)
    shop.hears(Take((replace(JOB, id=JobId(2), task=TaskId(21)),)))
    assert shop.sent == [(UPLOAD, 0)]

    shop.reported(NextMove.RUN, CREATE, 0)
    assert shop.sent == [(UPLOAD, 0), (CREATE, 0)]


def test_a_plugins_answer_that_nobody_was_told_of_is_read_long_before_the_commands_deadline(
    scene: MakeScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis was away when it came, or the api that took it ended."""
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.PLUGIN, UPLOAD, 1, delay_s=300.0)
    _passes(monkeypatch, 6.0)
    shop.hears(Watch())
    assert shop.supervisor.of(Reread) == [Reread((JOB.id,))]
    assert shop.swept == [], "its deadline is far"

    shop.hears(Take((replace(JOB, running=True, task=CREATE),)))
    assert shop.sent == [(UPLOAD, 0), (CREATE, 0)]


def test_an_answer_reported_before_its_run_lets_the_job_go_on_at_once(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.RUN, CREATE, 0)  # the api's, of an answer that came fast
    shop.reported(NextMove.PLUGIN, UPLOAD, 1, delay_s=60.0)  # the worker's own, late
    shop.reported(NextMove.RUN, SAVE, 0)

    assert shop.sent == [(UPLOAD, 0), (CREATE, 0), (SAVE, 0)]


def test_an_overtaken_report_gives_no_place_of_the_window_back(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.RUN, CREATE, 0)
    shop.reported(NextMove.PLUGIN, UPLOAD, 1, delay_s=60.0)

    assert len(shop.dispatcher.of(Offer)) - len(shop.dispatcher.of(Freed)) == len(shop.actor.messages_out) == 1


def test_a_retry_asked_for_before_its_run_was_reported_waits_for_its_own_time(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.RUN, UPLOAD, 1, delay_s=30.0)  # the plugin answered: try again later
    shop.reported(NextMove.PLUGIN, UPLOAD, 1, delay_s=60.0)
    assert (30.0, Due(JOB.id)) in shop.clock.set

    shop.hears(Due(JOB.id))
    assert shop.sent == [(UPLOAD, 0), (UPLOAD, 1)]


def test_the_next_command_of_one_attempt_is_waited_for(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.PLUGIN, UPLOAD, 1, delay_s=60.0)
    shop.reported(NextMove.PLUGIN, UPLOAD, 1, delay_s=60.0)
    assert shop.sent == [(UPLOAD, 0)]

    shop.reported(NextMove.RUN, CREATE, 0)
    assert shop.sent == [(UPLOAD, 0), (CREATE, 0)]


def test_a_late_report_of_a_finished_job_is_nobody_s(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.NOTHING, 0, 0)
    shop.reported(NextMove.PLUGIN, SAVE, 1, delay_s=60.0)

    assert shop.supervisor.of(Finished) == [Finished("shop", JOB.id)]
    assert shop.actor.messages_out == ()


def test_a_job_somebody_changed_is_read_again_and_goes_on_as_it_stands(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.RELOAD, UPLOAD, 1)
    assert shop.supervisor.of(Reread) == [Reread((JOB.id,))]

    shop.hears(Take((replace(JOB, running=True, task=CREATE),)))
    assert shop.sent == [(UPLOAD, 0), (CREATE, 0)]


def test_no_more_jobs_are_out_than_the_cap_allows(scene: MakeScene) -> None:
    shop = scene(cap=2)
    shop.hears(Take(tuple(replace(JOB, id=JobId(number), task=TaskId(number)) for number in range(1, 6))))
    assert shop.sent == [(1, 0), (2, 0)]


def test_a_started_job_goes_before_a_new_one_and_a_more_urgent_one_before_both(scene: MakeScene) -> None:
    shop = scene()
    waiting = (
        replace(JOB, id=JobId(2), task=TaskId(2)),
        replace(JOB, id=JobId(3), task=TaskId(3), priority=1),
        replace(JOB, id=JobId(4), task=TaskId(4), running=True),
    )
    shop.hears(Take((JOB,)), Take(waiting))
    shop.reported(NextMove.NOTHING, 0, 0)
    assert shop.sent == [(UPLOAD, 0), (4, 0)]


def test_paced_jobs_go_one_by_one_and_the_next_when_its_time_has_come(scene: MakeScene) -> None:
    shop = scene(cap=4, pace_s=3600.0)
    paced = tuple(replace(JOB, id=JobId(number), task=TaskId(number), paced=True) for number in (1, 2))
    shop.hears(Take(paced))
    assert shop.sent == [(1, 0)]
    assert (pytest.approx(3600.0 * 0.95), PaceDue("publish")) in shop.clock.set

    shop.hears(PaceDue("publish"))  # too early by our own clock
    assert shop.sent == [(1, 0)]


def test_a_refused_paced_call_goes_again_when_postgresql_says_and_not_a_pace_later(scene: MakeScene) -> None:
    shop = scene(cap=4, pace_s=3600.0)
    paced = replace(JOB, task=TaskId(1), paced=True)
    shop.hears(Take((paced,)))
    shop.reported(NextMove.RELOAD, 1, 0)

    shop.hears(Take((replace(paced, pace_in_s=3600.0),)))
    assert shop.sent == [(1, 0)]
    assert shop.clock.set[-1] == (pytest.approx(3600.0 * 0.95), PaceDue("publish"))

    shop.reported(NextMove.RELOAD, 1, 0)
    shop.hears(Take((replace(paced, pace_in_s=1.0),)))
    assert shop.sent == [(1, 0), (1, 0)]


def test_nothing_is_permitted_where_the_seller_must_act_first(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(place(halted=""), Take((JOB,)))
    assert shop.sent == []

    shop.hears(place())
    assert shop.sent == [(UPLOAD, 0)]


def test_a_job_that_met_a_hold_on_the_place_is_read_after_the_place_and_goes_when_that_ends(
    scene: MakeScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.SELLER, UPLOAD, 0)
    told = [type(news) for news in shop.supervisor.told if not isinstance(news, Want)]
    assert told == [Reload, Reread]

    shop.hears(place(resume_at=datetime.now(UTC) + timedelta(seconds=0.05)), Take((JOB,)))
    assert shop.sent == [(UPLOAD, 0)]
    assert (pytest.approx(0.05, abs=0.05), PaceDue("")) in shop.clock.set

    _passes(monkeypatch, 1.0)
    monkeypatch.setattr(judged, "datetime", Later)
    shop.hears(PaceDue(""))
    assert shop.sent == [(UPLOAD, 0), (UPLOAD, 0)]


def test_as_many_jobs_are_asked_for_as_there_is_room(scene: MakeScene) -> None:
    shop = scene(cap=3)
    shop.hears(Take((JOB,)))
    assert sum(want.count for want in shop.supervisor.of(Want)) == 2


def test_a_job_that_stands_behind_a_retried_one_is_let_go_instead_of_sent_again_and_again(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.RELOAD, UPLOAD, 0)

    shop.hears(Take((replace(JOB, behind=True),)))

    assert shop.sent == [(UPLOAD, 0)]
    assert shop.supervisor.of(Finished) == [Finished("shop", JOB.id)]


def _passes(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now_s = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: now_s)


def test_a_message_in_line_is_waited_for_and_not_sent_again(scene: MakeScene, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    for _ in range(3):
        _passes(monkeypatch, 3600.0)
        shop.hears(Watch())

    (asked,) = shop.dispatcher.of(HasLeft)
    assert asked.message == shop.dispatcher.of(Offer)[0].message
    assert shop.supervisor.of(Reread) == []
    assert sum(isinstance(news, Watch) for _, news in shop.clock.set) == 1  # and not once every few seconds


def test_a_message_that_left_and_was_not_heard_of_is_sent_again(
    scene: MakeScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.hears(Left(_last_offer(shop)))
    _passes(monkeypatch, 3.0)
    shop.hears(Watch())
    assert shop.supervisor.of(Reread) == [Reread((JOB.id,))]

    shop.hears(Take((JOB,)))
    assert shop.sent == [(UPLOAD, 0), (UPLOAD, 0)]
    assert len(shop.dispatcher.of(Freed)) == 1


def test_a_task_that_somebody_else_has_is_read_again_long_before_its_deadline(
    scene: MakeScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its run may report to the orchestrator that had the tenant before, and died."""
    shop = scene()
    elsewhere = replace(JOB, running=True, in_flight=True, claims=1, deadline_in_s=300.0)
    shop.hears(Take((elsewhere,)))
    _passes(monkeypatch, 6.0)
    shop.hears(Watch())
    assert shop.supervisor.of(Reread) == [Reread((JOB.id,))]

    shop.hears(Take((replace(elsewhere, in_flight=False),)))
    assert shop.sent == [(UPLOAD, 1)]


def test_a_task_that_somebody_has_for_long_is_read_more_and_more_seldom_and_swept_at_its_deadline(
    scene: MakeScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = scene()
    read_at_s: list[int] = []
    swept_at_s: list[int] = []
    for second in range(403):
        if second == 0 or len(shop.supervisor.of(Reread)) > len(read_at_s):
            read_at_s.extend([second] if second else [])
            shop.hears(Take((replace(JOB, running=True, in_flight=True, claims=1, deadline_in_s=400.0 - second),)))
        swept_at_s.extend([second] * (len(shop.swept) - len(swept_at_s)))
        _passes(monkeypatch, 1.0)
        shop.hears(Watch())

    apart_s = [later - sooner for sooner, later in pairwise(second for second in read_at_s if second < 400)]
    assert apart_s == [11, 21, 41, 61, 61, 61, 61, 61]
    assert swept_at_s == [second for second in read_at_s if second > 400] != []


def test_what_is_announced_of_a_task_that_somebody_else_has_does_not_put_off_that_it_is_read_again(
    scene: MakeScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its seller cancels it again and again."""
    shop = scene()
    elsewhere = Take((replace(JOB, running=True, in_flight=True, claims=1, deadline_in_s=300.0),))
    shop.hears(*[elsewhere] * 2000)
    assert shop.supervisor.of(Reread) == []

    _passes(monkeypatch, 6.0)
    shop.hears(Watch())
    assert shop.supervisor.of(Reread) == [Reread((JOB.id,))]


def test_a_message_lost_again_is_waited_for_longer(scene: MakeScene, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.hears(Left(_last_offer(shop)))
    _passes(monkeypatch, 3.0)
    shop.hears(Watch(), Take((JOB,)))
    shop.hears(Left(_last_offer(shop)))
    _passes(monkeypatch, 3.0)
    shop.hears(Watch())
    assert len(shop.supervisor.of(Reread)) == 1

    _passes(monkeypatch, 3.0)
    shop.hears(Watch())
    assert len(shop.supervisor.of(Reread)) == 2


def test_a_word_on_an_earlier_message_says_nothing_of_this_one(
    scene: MakeScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    earlier = _last_offer(shop)
    shop.reported(NextMove.RUN, CREATE, 0)
    shop.hears(Left(earlier))
    _passes(monkeypatch, 3.0)
    shop.hears(Watch())

    assert shop.supervisor.of(Reread) == []
    assert [asked.message for asked in shop.dispatcher.of(HasLeft)] == [_last_offer(shop)]


def _last_offer(shop: Scene) -> RunMessage:
    return shop.dispatcher.of(Offer)[-1].message


def test_of_a_suspended_tenant_only_looks_go_out_and_the_rest_when_it_goes_on(scene: MakeScene) -> None:
    shop = scene(cap=5)
    looking = replace(JOB, id=JobId(2), task=CREATE, claims=1, running=True, verifying=True)
    asked_before = len(shop.supervisor.of(Want))
    shop.hears(place(suspended=True), Take((JOB, looking)))
    assert shop.sent == [(CREATE, 1)]
    assert len(shop.supervisor.of(Want)) == asked_before

    shop.hears(place())
    assert shop.sent == [(CREATE, 1), (UPLOAD, 0)]


def test_a_job_that_comes_to_nothing_twice_is_not_sent_again_before_the_tenant_was_read(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.RELOAD, UPLOAD, 0)
    shop.hears(Take((JOB,)))
    assert shop.swept == []
    shop.reported(NextMove.RELOAD, UPLOAD, 0)

    assert len(shop.supervisor.of(Reread)) == 1
    assert len(shop.supervisor.of(Reload)) == 1
    assert shop.sent == [(UPLOAD, 0), (UPLOAD, 0)]
    assert shop.swept == [7]  # its time may be over


def test_a_report_that_says_to_wait_for_very_long_is_not_believed_without_asking(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(Take((JOB,)))
    shop.reported(NextMove.RUN, UPLOAD, 0, delay_s=90_000.0)

    assert shop.supervisor.of(Reread) == [Reread((JOB.id,))]


def test_where_stoflow_is_refused_one_job_goes_when_it_may_try_and_all_go_when_it_is_over(scene: MakeScene) -> None:
    shop = scene(cap=4)
    shop.hears(place(refusal=RefusalMark()))
    shop.hears(Take((JOB, replace(JOB, id=JobId(2), task=TaskId(21)))))
    assert shop.sent == []

    shop.hears(MayTry("shop"))
    assert shop.sent == [(UPLOAD, 0)]
    shop.hears(place(refusal=RefusalMark()))
    assert shop.sent == [(UPLOAD, 0)]

    shop.hears(place())
    assert shop.sent == [(UPLOAD, 0), (21, 0)]


def test_where_stoflow_is_refused_a_look_that_a_cancel_waits_for_goes(scene: MakeScene) -> None:
    shop = scene()
    shop.hears(place(refusal=RefusalMark()))
    shop.hears(Take((replace(JOB, verifying=True, running=True),)))
    assert shop.sent == []
    shop.hears(Take((replace(JOB, verifying=True, running=True, cancel_requested=True),)))
    assert shop.sent == [(UPLOAD, 0)]
