"""What only Kiosque does: a printer that fails, and notices that end by themselves."""

from collections.abc import Callable
from typing import Any

import pytest

from stoflow.domain.job import JobStatus
from stoflow.domain.product import ProductImage
from stoflow.marketplaces.contract import Step
from stoflow.resources.jobs.views import JobView
from stoflow.testing.harness import Harness
from stoflow.testing.ledger import entries, times_done, verdict
from stoflow.testing.network import Deed, dies_after, lost_after, lost_before
from stoflow.testing.scenario import Scenario, described
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
