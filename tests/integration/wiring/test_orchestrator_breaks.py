"""An orchestrator whose parts break, or meet, goes on with all that it had."""

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

import pytest

import stoflow
from stoflow.actors.intake import Intake
from stoflow.actors.sweeper import Sweeper
from stoflow.actors.timers import Timers
from stoflow.cli.run.serving import until_stopped_or_broken
from stoflow.domain.ids import TenantId
from stoflow.domain.run import RunMessage
from stoflow.marketplaces import MarketplaceJobService
from stoflow.settings import Settings
from stoflow.transports.messages.sending import Messages
from stoflow.wiring import orchestrator
from stoflow.wiring.installation import serving
from stoflow.wiring.orchestrator import make_orchestrator

WAIT_S = 10


def test_a_tenant_is_taken_again_after_the_dispatcher_died(
    settings: Settings, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = SimpleQueue[RunMessage]()
    broken: list[RunMessage] = []

    def send(_self: Messages, _marketplace: str, messages: Sequence[RunMessage]) -> None:
        if not broken:
            broken.extend(messages)
            raise LookupError("nobody foresaw this")
        for message in messages:
            sent.put(message)

    monkeypatch.setattr(Messages, "send", send)
    with stoflow.open(settings, tenant=tenant) as db:
        job = MarketplaceJobService(db).create_job(marketplace="ebay", action_code="sync").id
    with serving(settings, pool_size=4) as installation:
        decides, hints = make_orchestrator(installation)
        hints.start()
        decides.start()
        try:
            assert sent.get(timeout=WAIT_S).job == job
        finally:
            decides.stop()
            hints.stop()


def test_one_of_which_a_part_ended_by_itself_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process ends then and is replaced: it would own its tenants and decide nothing."""
    with serving(settings, pool_size=4) as installation:
        decides, hints = make_orchestrator(installation)
        hints.start()
        decides.start()
        try:
            assert decides.gone() == ""
            hints.stop()
            assert until_stopped_or_broken(decides, threading.Event()) == "hints"
        finally:
            decides.stop()
        assert decides.gone() == ""

        monkeypatch.setattr(Timers, "_run", lambda _: None)
        decides, hints = make_orchestrator(installation)
        hints.start()
        decides.start()
        try:
            assert until_stopped_or_broken(decides, threading.Event()) == "timers"
        finally:
            decides.stop()
            hints.stop()


class Silent:
    """A reader of news that hears of none; whoever knows its `on_news` tells them."""

    on_news: Callable[[Sequence[Any], bool], None]

    def __init__(self, *arguments: Any, **_: Any) -> None:
        Silent.on_news = staticmethod(arguments[3])

    def start(self) -> None: ...

    def stop(self) -> None: ...


def test_whoever_is_woken_while_another_looks_at_the_outbox_has_it_looked_at_once_more(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What woke it may have come after the other had read; the next look is a second off."""
    began, goes_on, looked = SimpleQueue[None](), threading.Event(), threading.Semaphore(0)

    def take(*_: Any) -> tuple[bool, bool]:
        began.put(None)
        assert goes_on.wait(WAIT_S)
        looked.release()
        return False, False

    monkeypatch.setattr(orchestrator, "FeedReader", Silent)
    monkeypatch.setattr(Sweeper, "start", lambda _: None)
    with serving(settings, pool_size=4) as installation:
        decides, _ = make_orchestrator(installation)
        decides.start()
        try:
            monkeypatch.setattr(Intake, "take", take)
            looks = threading.Thread(target=Silent.on_news, args=((), True))
            looks.start()
            began.get(timeout=WAIT_S)

            Silent.on_news((), True)
            goes_on.set()

            looks.join(WAIT_S)
            assert all(looked.acquire(timeout=0) for _ in range(2))
        finally:
            decides.stop()
