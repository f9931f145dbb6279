"""The dispatcher keeps a short window, serves started jobs first, and lets no tenant have all of it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pykka
import pytest

from stoflow.actors.dispatcher import Dispatcher
from stoflow.actors.mailbox import Pool
from stoflow.actors.news import Freed, HasLeft, Left, Offer, SendAgain
from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.run import RunMessage, RunMode

WINDOW = 8
WITHIN_S = 5.0


@dataclass
class Sent:
    """What left, in order, as (tenant, job), and to which marketplaces."""

    messages: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    to: list[str] = field(default_factory=list[str])

    def send(self, marketplace: str, messages: list[RunMessage]) -> None:
        self.messages += [(message.tenant, message.job) for message in messages]
        self.to += [marketplace] * len(messages)


@dataclass
class Asker:
    """An actor's reference that keeps what it was told."""

    told: list[Any] = field(default_factory=list[Any])

    def tell(self, message: Any) -> None:
        self.told.append(message)


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def dispatcher(sent: Sent) -> Iterator[pykka.ActorRef[Dispatcher]]:
    with _dispatcher(sent, "shop") as ref:
        yield ref


@contextmanager
def _dispatcher(sent: Sent, *marketplaces: str, window: int = WINDOW) -> Iterator[pykka.ActorRef[Dispatcher]]:
    def on_death(_: object, error: BaseException) -> None:
        pytest.fail(str(error))

    pool = Pool(1)
    pool.start()
    ref = Dispatcher.start(pool, on_death, window=window, marketplaces=marketplaces, send=sent.send)
    yield ref
    ref.stop(block=False)
    pool.stop()


def _offer(tenant: int, job: int, *, started: bool = False, marketplace: str = "shop") -> Offer:
    message = RunMessage(
        tenant=TenantId(tenant),
        job=JobId(job),
        task=TaskId(1),
        claims=0,
        epoch=Epoch(1),
        owner=ProcessId(1),
        mode=RunMode.ACT,
        permit=False,
        stepwise=False,
    )
    return Offer(marketplace, message, started)


def _freed(tenant: int, *jobs: int) -> Freed:
    return Freed(tuple(_offer(tenant, job).message for job in jobs))


def _tell(ref: pykka.ActorRef[Dispatcher], *news: Offer | Freed | HasLeft | SendAgain) -> None:
    """Tell it all, and wait until it has heard the last."""
    for one in news[:-1]:
        ref.tell(one)
    ref.ask(news[-1], timeout=WITHIN_S)


def test_no_more_is_in_flight_than_the_window_holds(dispatcher: pykka.ActorRef[Dispatcher], sent: Sent) -> None:
    _tell(dispatcher, *(_offer(tenant, 1) for tenant in range(1, WINDOW + 5)))
    assert len(sent.messages) == WINDOW

    _tell(dispatcher, _freed(1, 1))
    assert len(sent.messages) == WINDOW + 1


def test_one_tenant_never_has_the_whole_window(dispatcher: pykka.ActorRef[Dispatcher], sent: Sent) -> None:
    _tell(dispatcher, *(_offer(1, job) for job in range(1, 100)))
    assert len(sent.messages) == WINDOW // 3

    _tell(dispatcher, _offer(2, 1))
    assert sent.messages[-1] == (2, 1)


def test_tenants_take_turns(dispatcher: pykka.ActorRef[Dispatcher], sent: Sent) -> None:
    _tell(dispatcher, *(_offer(1, job) for job in range(1, 7)), *(_offer(tenant, 1) for tenant in range(2, 9)))
    assert sent.messages[-6:] == [(2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1)]

    _tell(dispatcher, _freed(1, 1, 2))
    assert sent.messages[-2:] == [(1, 3), (8, 1)]


def test_the_next_step_of_a_started_job_goes_first(dispatcher: pykka.ActorRef[Dispatcher], sent: Sent) -> None:
    _tell(dispatcher, *(_offer(tenant, 1) for tenant in range(1, WINDOW + 3)), _offer(9, 9, started=True))

    _tell(dispatcher, _freed(1, 1))
    assert sent.messages[-1] == (9, 9)


def test_what_is_no_longer_wanted_does_not_leave_and_makes_no_room(
    dispatcher: pykka.ActorRef[Dispatcher], sent: Sent
) -> None:
    _tell(dispatcher, *(_offer(tenant, 1) for tenant in range(1, WINDOW + 3)), _freed(WINDOW + 1, 1))
    assert len(sent.messages) == WINDOW

    _tell(dispatcher, _freed(1, 1), _freed(2, 1))
    assert sent.messages[WINDOW:] == [(WINDOW + 2, 1)]


def test_what_is_offered_twice_leaves_once(dispatcher: pykka.ActorRef[Dispatcher], sent: Sent) -> None:
    _tell(dispatcher, *(_offer(tenant, 1) for tenant in range(1, WINDOW + 1)), _offer(9, 1), _offer(9, 1))

    _tell(dispatcher, _freed(1, 1), _freed(2, 1))
    assert sent.messages[WINDOW:] == [(9, 1)]


def test_whoever_asks_hears_when_the_message_leaves(dispatcher: pykka.ActorRef[Dispatcher]) -> None:
    asker = Asker()
    ref = cast("pykka.ActorRef[Any]", asker)
    first, last = _offer(1, 1).message, _offer(WINDOW + 1, 1).message
    _tell(dispatcher, *(_offer(tenant, 1) for tenant in range(1, WINDOW + 2)), HasLeft(first, ref), HasLeft(last, ref))
    assert asker.told == [Left(first)]

    _tell(dispatcher, _freed(1, 1))
    assert asker.told == [Left(first), Left(last)]


def test_what_is_out_is_sent_again_when_redis_is_back_and_takes_no_further_places(
    dispatcher: pykka.ActorRef[Dispatcher], sent: Sent
) -> None:
    """Redis has lost it; whoever permitted it would miss it after twenty seconds, and nobody has its place meanwhile."""
    _tell(dispatcher, *(_offer(tenant, 1) for tenant in range(1, WINDOW + 2)), _freed(2, 1))
    sent.messages.clear()

    _tell(dispatcher, SendAgain())
    assert sent.messages == [(tenant, 1) for tenant in (1, *range(3, WINDOW + 2))]

    sent.messages.clear()
    _tell(dispatcher, _offer(20, 1), _freed(1, 1), _offer(21, 1))
    assert sent.messages == [(20, 1)]


def test_what_is_given_back_twice_gives_one_place_back(dispatcher: pykka.ActorRef[Dispatcher], sent: Sent) -> None:
    """A supervisor died: its successor permits the same, and what the actors before it end with says so once more."""
    _tell(dispatcher, *(_offer(tenant, 1) for tenant in range(1, WINDOW + 1)), _freed(1, 1), _freed(1, 1))
    _tell(dispatcher, _offer(30, 1), _offer(31, 1))
    assert sent.messages[WINDOW:] == [(30, 1)]


def test_a_marketplace_of_which_nothing_comes_back_leaves_places_for_the_others(sent: Sent) -> None:
    with _dispatcher(sent, "fair", "flea", "shop", window=24) as ref:
        _tell(ref, *[_offer(tenant, tenant, marketplace="flea") for tenant in range(1, 40)])
        assert Counter(sent.to) == {"flea": 20}

        _tell(ref, *[_offer(tenant, 100 + tenant, marketplace="fair") for tenant in range(1, 40)])
        assert Counter(sent.to) == {"flea": 20, "fair": 2}

        for job in range(50):
            _tell(ref, _offer(7, 200 + job), _freed(7, 200 + job))
        assert Counter(sent.to) == {"flea": 20, "fair": 2, "shop": 50}


def test_marketplaces_take_turns(sent: Sent) -> None:
    with _dispatcher(sent, "fair", "shop", window=16) as ref:
        _tell(ref, *[_offer(tenant, 1, marketplace="fair") for tenant in range(1, 30)])
        _tell(ref, *[_offer(tenant, 1, marketplace="shop") for tenant in range(31, 60)])
        sent.to.clear()
        for tenant in range(1, 9):
            _tell(ref, _freed(tenant, 1))
        assert sent.to == ["fair", "shop"] * 4
