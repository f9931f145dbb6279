"""What only Kiosque does: a printer that fails, and notices that end by themselves."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from kiosque.market import KiosqueMarket
from stoflow.domain.call import Call, Response
from stoflow.domain.job import JobStatus
from stoflow.domain.product import ProductImage
from stoflow.domain.run import NextMove, RunMode
from stoflow.execution.noticing import hear
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.notices import believed
from stoflow.monitoring.failpoints import arm
from stoflow.resources.jobs.views import JobView
from stoflow.testing.bench import TenantBench
from stoflow.testing.harness import Harness
from stoflow.testing.ledger import entries, times_done, verdict
from stoflow.testing.network import Act, Deed, dies_after, lost_after, lost_before
from stoflow.testing.scenario import Scenario, described
from stoflow_sandbox.application import Application
from tests.harness.played import REGISTRY

KIOSQUE = REGISTRY.marketplaces["kiosque"]
PHOTO = ProductImage(1, "1.jpg")
TRIES = 4
OUT_OF_PAPER = "The printer was out of paper."
ENDED = "over"
ScenarioMaker = Callable[..., Scenario]


@pytest.fixture
def begun(harness: Harness) -> ScenarioMaker:
    """Return what asks for a notice of a seller whose stand is as these wishes say."""

    def begin(**wishes: Any) -> Scenario:
        scenario = harness.scenario(KIOSQUE, "publish", **wishes)
        scenario.begin(scenario.make_product(images=(PHOTO,)), {})
        return scenario

    return begin


def print_of(scenario: Scenario) -> Step:
    return scenario.step_of("print")


def printings(scenario: Scenario) -> int:
    """Return how often the seller's notice was to be printed."""
    return sum(entry.operation == "notice.print" for entry in entries(scenario))


def assert_shown(scenario: Scenario, view: JobView) -> None:
    assert view.status is JobStatus.COMPLETED, described(view)
    assert (view.result or {}).get("state") is None
    assert scenario.listing(scenario.product_id) == (view.result or {})["listing_id"]
    assert verdict(scenario).is_green, verdict(scenario).details


@pytest.mark.parametrize("failing", [1, 2])
def test_what_was_not_printed_is_printed_again(begun: ScenarioMaker, failing: int) -> None:
    scenario = begun(failing=failing)
    view = scenario.finished()
    assert_shown(scenario, view)
    assert printings(scenario) == failing + 1
    assert scenario.words_of("print").count("operation failed") == failing
    assert {task.attempt for task in view.tasks if task.name != "print"} == {1}


@pytest.mark.parametrize("lost", [lost_before, lost_after])
def test_what_was_not_printed_is_found_where_the_answer_was_lost(begun: ScenarioMaker, lost: Deed) -> None:
    scenario = begun(failing=1)
    scenario.at_call(print_of(scenario), lost)
    view = scenario.finished()
    assert_shown(scenario, view)


def test_what_was_not_printed_is_printed_again_after_a_worker_died(begun: ScenarioMaker) -> None:
    scenario = begun(failing=1)
    scenario.at_call(print_of(scenario), dies_after)
    scenario.dies()
    assert_shown(scenario, scenario.finished())


def test_a_printer_that_fails_again_and_again_fails_the_job_in_its_words(begun: ScenarioMaker) -> None:
    scenario = begun(failing=TRIES)
    view = scenario.finished()
    assert (view.status, view.error) == (JobStatus.FAILED, OUT_OF_PAPER), described(view)
    assert verdict(scenario).is_green, verdict(scenario).details

    scenario.bench.retry(scenario.job)
    assert_shown(scenario, scenario.finished())


@pytest.mark.parametrize("lost", [None, lost_after])
def test_a_notice_whose_days_are_over_before_anybody_asks_is_not_printed_again(
    begun: ScenarioMaker, lost: Deed | None
) -> None:
    scenario = begun(shown_s=0)
    if lost:
        scenario.at_call(print_of(scenario), lost)
    view = scenario.finished()
    assert view.status is JobStatus.COMPLETED, described(view)
    assert (view.result or {})["state"] == ENDED
    assert printings(scenario) == 1
    assert verdict(scenario).is_green, verdict(scenario).details


@pytest.mark.parametrize("lost", [None, lost_before, lost_after])
def test_a_notice_whose_days_are_over_is_printed_again_by_the_next_job(begun: ScenarioMaker, lost: Deed | None) -> None:
    scenario = begun(shown_s=0)
    scenario.finished()
    scenario.begin(scenario.product_id, {})
    if lost:
        scenario.at_call(print_of(scenario), lost)
    view = scenario.finished()
    assert view.status is JobStatus.COMPLETED, described(view)
    assert times_done(scenario, view)["print"] == 1
    assert verdict(scenario).is_green, verdict(scenario).details


# What Kiosque pushes


PUSHED = "STOFLOW_KIOSQUE_NOTICES_SECRET"


@dataclass
class Pushing:
    """A stand whose printer is done when its time is up, and pushes that; what is pushed is heard when it is told to."""

    scenario: Scenario
    market: KiosqueMarket
    pushes: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list[tuple[Mapping[str, str], bytes]])

    @property
    def bench(self) -> TenantBench:
        return self.scenario.bench

    def until_accepted(self) -> None:
        """Go on until it is accepted, and no further: its poll is not made due."""
        while "accepted" not in self.bench.causes(self.scenario.job):
            assert self.scenario.turn()

    def prints(self) -> None:
        """Let the printer be done."""
        self.scenario.sandbox.control.settle()

    def heard(self, *, changed: Callable[[bytes], bytes] = lambda raw: raw) -> bool:
        """Let StoFlow hear the last push, as it is changed on its way; return whether it is believed."""
        assert KIOSQUE.notices is not None
        headers, raw = self.pushes[-1]
        notices = believed(KIOSQUE.notices, headers, changed(raw))
        if notices is not None:
            hear(self.bench.engine, KIOSQUE.name, notices)
        return notices is not None

    @property
    def due_in_s(self) -> float:
        row = self.bench.task(self.scenario.job, "print")
        return (row["look_at"] - datetime.now(UTC)).total_seconds()

    def asked(self) -> int:
        return sum(entry.operation == "operation.get" for entry in entries(self.scenario))

    def polled(self) -> None:
        """Poll as a worker does that is told to."""
        self.bench.look(self.scenario.job)


@pytest.fixture
def pushing(begun: ScenarioMaker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pushing]:
    scenario = begun(printed_s=0.0)
    market = next(market for market in scenario.sandbox.markets if isinstance(market, KiosqueMarket))
    pushing = Pushing(scenario, market)
    market.push = lambda headers, raw: pushing.pushes.append((headers, raw))
    for name, value in KiosqueMarket.variables("", Application()).items():
        monkeypatch.setenv(name, value or "http://127.0.0.1")
    yield pushing
    market.push = lambda headers, raw: None


def test_a_push_ends_what_was_accepted_without_the_wait_for_the_next_poll(pushing: Pushing) -> None:
    pushing.until_accepted()
    assert pushing.due_in_s > 4
    pushing.prints()
    assert pushing.heard()
    told = pushing.bench.feed.reports[-1]
    assert (told.move, told.delay_s, told.mode) == (NextMove.LOOK, 0.0, RunMode.LOOK)

    pushing.polled()
    assert pushing.bench.task(pushing.scenario.job, "print")["status"] == "completed"
    assert_shown(pushing.scenario, pushing.scenario.finished())
    assert pushing.asked() == 1
    assert pushing.bench.all("SELECT * FROM public.operations") == []


def test_a_forged_push_is_not_believed_and_changes_nothing(pushing: Pushing) -> None:
    pushing.until_accepted()
    before = pushing.bench.task(pushing.scenario.job, "print")
    pushing.prints()
    assert not pushing.heard(changed=lambda raw: raw + b"0")
    assert pushing.bench.task(pushing.scenario.job, "print") == before


def test_a_push_is_not_believed_where_no_secret_is_set(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    pushing.until_accepted()
    pushing.prints()
    monkeypatch.delenv(PUSHED)
    assert not pushing.heard()


def test_a_doubled_push_does_no_harm(pushing: Pushing) -> None:
    pushing.until_accepted()
    pushing.prints()
    reports = len(pushing.bench.feed.reports)
    assert [pushing.heard() for _ in range(3)] == [True] * 3
    assert len(pushing.bench.feed.reports) == reports + 1
    pushing.polled()
    assert pushing.heard()
    assert_shown(pushing.scenario, pushing.scenario.finished())
    assert (printings(pushing.scenario), pushing.asked()) == (1, 1)


def test_a_push_before_the_answer_was_recorded_does_no_harm(pushing: Pushing) -> None:
    heard: list[bool] = []

    def pushed_meanwhile(_: Call, act: Act) -> Response:
        answer = act()
        pushing.prints()
        heard.append(pushing.heard())
        return answer

    pushing.scenario.at_call(print_of(pushing.scenario), pushed_meanwhile)
    pushing.until_accepted()
    assert heard == [True]
    assert pushing.due_in_s > 4
    assert_shown(pushing.scenario, pushing.scenario.finished())


def test_a_push_while_a_poll_is_under_way_leaves_it_to_that_poll(pushing: Pushing) -> None:
    pushing.until_accepted()
    pushing.prints()
    heard: list[bool] = []
    pushing.bench.make_due()
    arm("look.settle.before", lambda: heard.append(pushing.heard()), only_passing=1)
    pushing.polled()
    assert heard == [True]
    assert_shown(pushing.scenario, pushing.scenario.finished())


def test_a_push_of_what_failed_prints_it_again(begun: ScenarioMaker, pushing: Pushing) -> None:
    scenario = begun(printed_s=0.0, failing=1)
    failing = Pushing(scenario, pushing.market, pushing.pushes)
    failing.until_accepted()
    failing.prints()
    assert failing.heard()
    failing.polled()
    assert scenario.words_of("print")[-1] == "operation failed"
    assert_shown(scenario, scenario.finished())
