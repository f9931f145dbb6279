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
from tests.contract.played import PUBLISHERS
from tests.contract.situations import CHEAPER, NEW_TITLE, ONE, situation_of
from tests.contract.stage import Stage, standing, steps_of
from tests.contract.theatre import Theatre
from tests.contract.witness import callers, on_sale, verdict

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
def stage(theatre: Theatre, place: Marketplace, action: str, step: Step) -> Stage:
    """A job of which the first call of a step is carried out late, as far as it comes until then."""
    stage = theatre.stage(place, action)
    wish = situation_of(place, action, step).prepared(stage)
    stage.begin(wish.product, wish.payload)
    stage.at_call(step, stage.carried_out_late)
    stage.is_quiet_time = True
    go_on(stage)
    return stage


def go_on(stage: Stage) -> None:
    for _ in range(TURNS_IN_THE_QUIET_TIME):
        stage.turn()


def the_quiet_time_ends(stage: Stage) -> None:
    stage.is_quiet_time = False
    stage.finished_all()


def next_wish(stage: Stage, action: str) -> JobId:
    """Ask for the next job of the product, of which much is another now."""
    assert stage.product_id is not None
    stage.change_product(stage.product_id, title=NEW_TITLE, price=CHEAPER)
    stage.change_photos(stage.product_id, ONE)
    return stage.submit(action, stage.product_id)


def buyers_take(stage: Stage) -> int:
    """Let somebody buy what can be bought of the only piece; return how many did."""
    listing = stage.listing(stage.product_id)
    try:
        stage.behave("sell", listing)
    except InputError:
        return 0
    return 1


def completed(stage: Stage, job: JobId) -> JobView:
    view = stage.view(job)
    assert view.status is JobStatus.COMPLETED, standing(view)
    return view


def assert_as_stoflow_has_it(stage: Stage) -> None:
    """Nothing is left to be changed, and no photo to be sent."""
    if "update" not in stage.place.handlers:
        return
    update = stage.submit("update", stage.product_id)
    stage.finished_all()
    view = completed(stage, update)
    assert (view.result or {})["changed"] == []
    assert {name.partition(":")[0] for name in callers(stage, view)} <= {"read"}


@pytest.mark.parametrize(("place", "action", "step"), CASES)
def test_what_comes_next_is_not_undone(stage: Stage, action: str) -> None:
    ends = action == "delete"
    job = next_wish(stage, "publish" if ends or "update" not in stage.place.handlers else "update")
    go_on(stage)
    the_quiet_time_ends(stage)
    completed(stage, stage.job)
    completed(stage, job)
    assert on_sale(stage) == [NEW_TITLE]
    assert_as_stoflow_has_it(stage)
    assert verdict(stage).is_green, verdict(stage).details


@pytest.mark.parametrize(("place", "action", "step"), [case for case in CASES if "publish" in case.values])
def test_what_was_bought_meanwhile_is_not_for_sale_again(stage: Stage) -> None:
    """Nothing of a job is for sale while an earlier call of its own may still be carried out."""
    if stage.place not in BUILT_IN:
        pytest.skip(f"Nobody but StoFlow acts on {stage.place.name} here.")
    sold = buyers_take(stage)
    the_quiet_time_ends(stage)
    completed(stage, stage.job)
    assert sold + buyers_take(stage) == 1
