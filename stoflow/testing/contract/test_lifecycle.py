"""The life of every job: each action of each registered marketplace, at each of its tasks, whatever happens there.

A case is named after all that tells it from others: `brocante-publish-sale-lost_after`. Of tasks alike (a photo each, a
page each) the first one stands for all.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from stoflow.domain.call import Call, Response
from stoflow.domain.job import JobStatus, TaskStatus
from stoflow.marketplaces.contract import Marketplace, Step
from stoflow.monitoring.failpoints import disarm
from stoflow.resources.jobs.views import JobView
from stoflow.testing.contract.cases import Cases, at_steps, in_cases, is_any, is_outside, is_unsafe, named, steps
from stoflow.testing.declared import particulars_of
from stoflow.testing.faults import DURING_A_CANCEL, FAULTS, UNANSWERED, assert_stands
from stoflow.testing.harness import Harness
from stoflow.testing.ledger import (
    callers,
    drafts_left,
    has_been_seen,
    last_entry,
    listed_again,
    on_sale,
    times_done,
    verdict,
)
from stoflow.testing.network import Act, Deed, dies, dies_after, dies_before, lost_after, lost_before
from stoflow.testing.people import Person, acts_in_the_quiet_time
from stoflow.testing.scenario import Scenario
from stoflow.testing.situations import Situation
from stoflow.testing.words import described

DIES_WHEN_NEXT = "dies_when_next"
CONFIRM = "confirm"  # of a job that goes through an account (stoflow.marketplaces.paging)
LOOKS_AT_MOST = 2 * 4
"""Two for each try that a job has."""
DURING_A_CALL = {"dies_before_call": dies_before, "dies_after_call": dies_after}


def at(*events: str, steps_where: Callable[[Step], bool] = is_outside) -> Cases:
    """Return what makes a case for each of these events at each such step of each action."""
    return lambda place: [
        named(place, action, step, event) for action, step in steps(place, steps_where) for event in events
    ]


def ends_at_a_refusal(step: Step) -> bool:
    """Say whether the job ends where this call is refused: a sync goes on past what it is not shown."""
    return is_outside(step) and step.name != CONFIRM


def people(steps_where: Callable[[Step], bool] = is_outside) -> Cases:
    """Return what makes a case for everybody who can act at each such step."""
    return lambda place: at(*particulars_of(place.name).people, steps_where=steps_where)(place)


def person(scenario: Scenario, who: str) -> Person:
    return particulars_of(scenario.place.name).people[who]


def both(first: Cases, second: Cases) -> Cases:
    return lambda place: (*first(place), *second(place))


def actions(place: Marketplace) -> "list[pytest.ParameterSet]":
    return [pytest.param(place, action, None, id=f"{place.name}-{action}") for action in place.handlers]


at_a_step = partial(in_cases, ("place", "action", "step"))
in_a_case = partial(in_cases, ("place", "action", "step", "event"))


@pytest.fixture
def situation(place: Marketplace, action: str, step: Step | None) -> Situation:
    return particulars_of(place.name).situation(action, step)


@pytest.fixture
def scenario(harness: Harness, place: Marketplace, action: str, situation: Situation) -> Iterator[Scenario]:
    """A job that was asked for and has not begun."""
    scenario = harness.scenario(place, action)
    wish = situation.prepared(scenario)
    scenario.begin(wish.product, wish.payload)
    yield scenario
    disarm()


def assert_in_order(scenario: Scenario) -> None:
    found = verdict(scenario)
    assert found.is_green, found.details


def assert_done(scenario: Scenario, view: JobView, situation: Situation) -> None:
    """Buyers see what they should, StoFlow says what it did, and what is unsafe was done exactly once."""
    assert view.status is JobStatus.COMPLETED, described(view)
    assert on_sale(scenario) == sorted(situation.on_sale)
    assert situation.told.items() <= (view.result or {}).items()
    assert scenario.product_id is None or bool(scenario.listing(scenario.product_id)) == bool(situation.on_sale)
    done = times_done(scenario, view)
    unsafe = [task.name for task in view.tasks if is_unsafe(scenario.step_of(task.name))]
    assert {name: done[name] for name in unsafe} == {name: int(name not in situation.adopts) for name in unsafe}
    assert_in_order(scenario)


def is_recorded(scenario: Scenario, situation: Situation) -> bool:
    return situation.is_record and bool(scenario.listing(scenario.product_id))


@at_a_step(actions)
def test_a_job_does_what_it_is_for(scenario: Scenario, situation: Situation) -> None:
    view = scenario.finished()
    assert_done(scenario, view, situation)
    asked_later = {
        line["task"] for line in scenario.bench.all("SELECT task FROM {s}.job_timeline WHERE cause = 'accepted'")
    }
    assert {task.attempt for task in view.tasks if task.name not in asked_later} == {1}


@in_a_case(both(at(*(each for each in FAULTS if each != "refused")), at("refused", steps_where=ends_at_a_refusal)))
def test_what_goes_wrong_with_a_call_means_what_the_table_says_and_then_the_job_is_done(
    scenario: Scenario, situation: Situation, step: Step, event: str
) -> None:
    fault = FAULTS[event]
    scenario.at_call(step, fault.meets)
    assert_stands(scenario, step, fault.of(step))
    assert_done(scenario, scenario.mended(), situation)


@in_a_case(both(at("lost_before", "lost_after", "broken_before"), at("broken_after", steps_where=is_unsafe)))
def test_what_nobody_knows_is_looked_for_and_done_once(
    scenario: Scenario, situation: Situation, step: Step, event: str
) -> None:
    fault = UNANSWERED[event]
    scenario.at_call(step, fault.meets)
    assert_stands(scenario, step, fault.of(step))
    assert_done(scenario, scenario.finished(), situation)
    assert (fault.look in scenario.words_of(scenario.task_of(step))) == is_unsafe(step)


@in_a_case(both(at(DIES_WHEN_NEXT, steps_where=is_any), at(*DURING_A_CALL)))
def test_where_a_process_died_another_one_goes_on(
    scenario: Scenario, situation: Situation, step: Step, event: str
) -> None:
    if event == DIES_WHEN_NEXT:
        scenario.when_next(step, dies)
    else:
        scenario.at_call(step, DURING_A_CALL[event])
    dead, since = scenario.dies(), last_entry(scenario)
    done = {task.name: task.attempt for task in dead.tasks if task.status is TaskStatus.COMPLETED}
    view = scenario.finished()
    assert_done(scenario, view, situation)
    assert {task.name: task.attempt for task in view.tasks if task.name in done} == done
    assert not callers(scenario, view, since=since) & done.keys()


@pytest.mark.parametrize("lost", [lost_before, lost_after])
@in_a_case(people())
def test_what_people_do_in_a_quiet_time_is_not_undone_and_ends_every_job(
    scenario: Scenario, step: Step, event: str, lost: Deed
) -> None:
    """What they bought, took away or hid is not for sale again by itself, and no look goes on without end."""
    scenario.at_call(step, acts_in_the_quiet_time(scenario, person(scenario, event), lost))
    scenario.met()
    since = last_entry(scenario)
    ended = person(scenario, event).ends_in(scenario)
    view = scenario.finished()
    assert view.status in {JobStatus.COMPLETED, JobStatus.FAILED}, described(view)
    assert scenario.words_of(scenario.task_of(step)).count("looking") <= LOOKS_AT_MOST
    assert not listed_again(scenario, ended, since=since)


@in_a_case(people(is_unsafe))
def test_a_cancel_in_a_quiet_time_in_which_people_act_has_an_end(scenario: Scenario, step: Step, event: str) -> None:
    scenario.at_call(step, acts_in_the_quiet_time(scenario, person(scenario, event), lost_after))
    scenario.met()
    scenario.cancel()
    assert scenario.finished().cancel_requested
    assert scenario.view().status is not JobStatus.RUNNING


@at_a_step(at_steps())
def test_a_cancel_between_two_tasks_is_in_time_while_nobody_has_seen_anything(
    scenario: Scenario, situation: Situation, step: Step
) -> None:
    before, is_too_late = on_sale(scenario), list[bool]()

    def somebody_cancels() -> None:
        is_too_late.append(has_been_seen(scenario) or is_recorded(scenario, situation))
        scenario.cancel()

    scenario.when_next(step, somebody_cancels)
    scenario.met()
    assert_ended(scenario, situation, before, is_too_late=is_too_late == [True])


@in_a_case(both(at("cancelled_in_flight"), at("cancelled_lost_before", "cancelled_lost_after", steps_where=is_unsafe)))
def test_a_cancel_during_a_call_waits_until_it_is_known_what_was_done(
    scenario: Scenario, situation: Situation, step: Step, event: str
) -> None:
    before, is_too_late = on_sale(scenario), list[bool]()

    def while_somebody_cancels(call: Call, act: Act) -> Response:
        scenario.cancel()
        try:
            return DURING_A_CANCEL[event](call, act)
        finally:
            is_too_late.append(has_been_seen(scenario) or (situation.is_record and step.paced))

    scenario.at_call(step, while_somebody_cancels)
    scenario.met()
    assert_ended(scenario, situation, before, is_too_late=is_too_late == [True])


def assert_ended(scenario: Scenario, situation: Situation, before: Sequence[str], *, is_too_late: bool) -> None:
    """What others have seen is brought to its end; of anything else nothing is left."""
    view = scenario.finished()
    assert view.cancel_requested
    if is_too_late:
        assert_done(scenario, view, situation)
        assert scenario.bench.causes(view.id)[-1] == "cancel came too late"
        return
    assert view.status is JobStatus.CANCELLED, described(view)
    assert on_sale(scenario) == before
    assert scenario.place.collect is None or not drafts_left(scenario)
    assert_in_order(scenario)
