"""A call whose answer was lost is made again, and the first copy of it is carried out late: it undoes nothing.

Late is as late as can be, just before the quiet time ends: what may not begin until then has not begun.
"""

import pytest

from stoflow.domain.errors import InputError
from stoflow.domain.ids import JobId
from stoflow.domain.job import JobStatus, TaskKind
from stoflow.marketplaces.contract import Marketplace, Step
from stoflow.marketplaces.registry import BUILT_IN
from stoflow.resources.jobs.views import JobView
from tests.harness.ledger import callers, on_sale, verdict
from tests.harness.played import PUBLISHERS
from tests.harness.scenario import Scenario, described, steps_of
from tests.harness.situations import CHEAPER, NEW_TITLE, ONE, situation_of
from tests.harness.suite import Harness

TURNS_IN_THE_QUIET_TIME = 20
ON_A_PRODUCT = ("publish", "update", "delete")
CASES = [
    pytest.param(place, action, step, id=f"{place.name}-{action}-{step.name}")
    for place in PUBLISHERS
    for action in ON_A_PRODUCT
    if action in place.handlers
    for step in steps_of(place, action)
    if step.kind is TaskKind.REPEATABLE
]


@pytest.fixture
def scenario(harness: Harness, place: Marketplace, action: str, step: Step) -> Scenario:
    """A job of which the first call of a step is carried out late, as far as it comes until then."""
    scenario = harness.scenario(place, action)
    wish = situation_of(place, action, step).prepared(scenario)
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
    scenario.change_product(scenario.product_id, title=NEW_TITLE, price=CHEAPER)
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
    view = completed(scenario, update)
    assert (view.result or {})["changed"] == []
    assert {name.partition(":")[0] for name in callers(scenario, view)} <= {"read"}


@pytest.mark.parametrize(("place", "action", "step"), CASES)
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


@pytest.mark.parametrize(("place", "action", "step"), [case for case in CASES if "publish" in case.values])
def test_what_was_bought_meanwhile_is_not_for_sale_again(scenario: Scenario) -> None:
    """Nothing of a job is for sale while an earlier call of its own may still be carried out."""
    if scenario.place not in BUILT_IN:
        pytest.skip(f"Nobody but StoFlow acts on {scenario.place.name} here.")
    sold = buyers_take(scenario)
    the_quiet_time_ends(scenario)
    completed(scenario, scenario.job)
    assert sold + buyers_take(scenario) == 1
