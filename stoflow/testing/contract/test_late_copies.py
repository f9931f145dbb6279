"""A call whose answer was lost is made again, and the first copy of it is carried out late: it undoes nothing.

Late is as late as can be, just before the quiet time ends: what may not begin until then has not begun.
"""

import pytest

from stoflow.domain.errors import InputError
from stoflow.domain.ids import JobId
from stoflow.domain.job import JobStatus, TaskKind
from stoflow.marketplaces.contract import Marketplace, Step
from stoflow.resources.jobs.views import JobView
from stoflow.testing.contract.cases import PUBLISH, in_cases, is_unsafe, named, steps
from stoflow.testing.declared import particulars_of
from stoflow.testing.harness import Harness
from stoflow.testing.ledger import callers, on_sale, verdict
from stoflow.testing.scenario import Scenario
from stoflow.testing.situations import NEW_TITLE, ONE
from stoflow.testing.words import described

TURNS_IN_THE_QUIET_TIME = 20
ON_A_PRODUCT = ("publish", "update", "delete")


def publishing_steps(place: Marketplace) -> "list[pytest.ParameterSet]":
    return cases_of(place, PUBLISH)


def cases_of(place: Marketplace, *actions: str) -> "list[pytest.ParameterSet]":
    """Return a case of each repeatable step of these actions, where something can be published."""
    found = steps(place, lambda step: step.kind is TaskKind.REPEATABLE) if PUBLISH in place.handlers else []
    return [named(place, action, step) for action, step in found if action in actions]


def steps_on_a_product(place: Marketplace) -> "list[pytest.ParameterSet]":
    return cases_of(place, *ON_A_PRODUCT)


@pytest.fixture
def scenario(harness: Harness, place: Marketplace, action: str, step: Step) -> Scenario:
    """A job of which the first call of a step is carried out late, as far as it comes until then."""
    scenario = harness.scenario(place, action)
    wish = particulars_of(place.name).situation(action, step).prepared(scenario)
    scenario.begin(wish.product, wish.payload)
    scenario.at_call(step, scenario.carried_out_late)
    scenario.is_quiet_time = True
    go_on(scenario)
    return scenario


def go_on(scenario: Scenario) -> None:
    for _ in range(TURNS_IN_THE_QUIET_TIME):
        scenario.turn()


def the_quiet_time_ends(scenario: Scenario) -> None:
    scenario.is_quiet_time = False
    scenario.finished_all()


def next_wish(scenario: Scenario, action: str) -> JobId:
    """Ask for the next job of the product, of which much is another now."""
    assert scenario.product_id is not None
    scenario.change_product(scenario.product_id, title=NEW_TITLE, price=scenario.cheaper)
    scenario.change_photos(scenario.product_id, ONE)
    return scenario.submit(action, scenario.product_id)


def buyers_take(scenario: Scenario) -> int:
    """Let somebody buy what can be bought of the only piece; return how many did."""
    listing = scenario.listing(scenario.product_id)
    try:
        scenario.behave("sell", listing)
    except InputError:
        return 0
    return 1


def completed(scenario: Scenario, job: JobId) -> JobView:
    view = scenario.view(job)
    assert view.status is JobStatus.COMPLETED, described(view)
    return view


def assert_as_stoflow_has_it(scenario: Scenario) -> None:
    """Nothing is left to be changed, and no photo to be sent."""
    if "update" not in scenario.place.handlers:
        return
    update = scenario.submit("update", scenario.product_id)
    scenario.finished_all()
    called = callers(scenario, completed(scenario, update))
    steps_called = [scenario.place.handlers["update"].step(name) for name in called]
    assert not [step for step in steps_called if is_unsafe(step) or step.overwrites], called


@in_cases(("place", "action", "step"), steps_on_a_product)
def test_what_comes_next_is_not_undone(scenario: Scenario, action: str) -> None:
    ends = action == "delete"
    job = next_wish(scenario, "publish" if ends or "update" not in scenario.place.handlers else "update")
    go_on(scenario)
    the_quiet_time_ends(scenario)
    completed(scenario, scenario.job)
    completed(scenario, job)
    assert on_sale(scenario) == [NEW_TITLE]
    assert_as_stoflow_has_it(scenario)
    assert verdict(scenario).is_green, verdict(scenario).details


@in_cases(("place", "action", "step"), publishing_steps)
def test_what_was_bought_meanwhile_is_not_for_sale_again(scenario: Scenario) -> None:
    """Nothing of a job is for sale while an earlier call of its own may still be carried out."""
    if not scenario.has_people:
        pytest.skip(f"Nobody but StoFlow acts on {scenario.place.name} here.")
    sold = buyers_take(scenario)
    the_quiet_time_ends(scenario)
    completed(scenario, scenario.job)
    assert sold + buyers_take(scenario) == 1
