"""A suspended tenant's jobs begin nowhere, whatever messages say, and stop before their next act; later they go on."""

from collections.abc import Iterator

import pytest

from stoflow.domain.job import JobStatus, TaskStatus
from stoflow.marketplaces.contract import Marketplace, Step
from stoflow.storage.database.tenants import resume_tenant, suspend_tenant
from stoflow.testing.contract.cases import at_steps, in_cases, is_outside, is_unsafe
from stoflow.testing.declared import particulars_of
from stoflow.testing.harness import Harness
from stoflow.testing.ledger import callers, last_entry, on_sale, verdict
from stoflow.testing.network import lost_before
from stoflow.testing.scenario import Scenario
from stoflow.testing.words import described

TURNS = 6
SUSPENDED = "suspended: the operator must let this account go on"
at_a_step = in_cases(("place", "action", "step"), at_steps(is_outside))
at_an_unsafe_step = in_cases(("place", "action", "step"), at_steps(is_unsafe))


@pytest.fixture
def scenario(harness: Harness, place: Marketplace, action: str, step: Step) -> Iterator[Scenario]:
    scenario = harness.scenario(place, action)
    wish = particulars_of(place.name).situation(action, step).prepared(scenario)
    scenario.begin(wish.product, wish.payload)
    yield scenario
    resume_tenant(scenario.bench.engine.database, scenario.bench.tenant)


def suspend(scenario: Scenario) -> None:
    suspend_tenant(scenario.bench.engine.database, scenario.bench.tenant)


def goes_on_later(scenario: Scenario, action: str, step: Step) -> None:
    resume_tenant(scenario.bench.engine.database, scenario.bench.tenant)
    view = scenario.finished()
    assert view.status is JobStatus.COMPLETED, described(view)
    assert on_sale(scenario) == sorted(particulars_of(scenario.place.name).situation(action, step).on_sale)
    assert verdict(scenario).is_green, verdict(scenario).details


@at_a_step
def test_nothing_is_done_after_the_suspension(scenario: Scenario, action: str, step: Step) -> None:
    """At the first step nothing begins; at another one the job stops before it."""
    scenario.when_next(step, lambda: suspend(scenario))
    scenario.met()
    since = last_entry(scenario)
    for _ in range(TURNS):
        scenario.turn()
    view = scenario.view()
    assert not callers(scenario, view, since=since)
    assert view.status in {JobStatus.PENDING, JobStatus.RUNNING}
    assert view.waiting == SUSPENDED
    goes_on_later(scenario, action, step)


@at_an_unsafe_step
def test_what_became_of_a_lost_answer_is_looked_for_and_nothing_more_is_done(
    scenario: Scenario, action: str, step: Step
) -> None:
    scenario.at_call(step, lost_before)
    scenario.met()
    suspend(scenario)
    for _ in range(TURNS):
        scenario.turn()
    name = scenario.task_of(step)
    assert scenario.words_of(name)[-1] == "absence confirmed"
    task = next(task for task in scenario.view().tasks if task.name == name)
    assert task.status is TaskStatus.PENDING
    goes_on_later(scenario, action, step)
