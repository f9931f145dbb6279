"""A suspended tenant's jobs begin nowhere, whatever messages say, and stop before their next act; later they go on."""

from collections.abc import Iterator

import pytest

from stoflow.domain.job import JobStatus, TaskKind, TaskStatus
from stoflow.marketplaces.contract import Marketplace, Step
from stoflow.storage.database.tenants import resume_tenant, suspend_tenant
from tests.contract.line import lost_before
from tests.contract.played import REGISTRY
from tests.contract.situations import situation_of
from tests.contract.stage import Stage, standing, steps_of
from tests.contract.theatre import Theatre
from tests.contract.witness import callers, last_entry, on_sale, verdict

TURNS = 6
SUSPENDED = "suspended: the operator must let this account go on"
STEPS = [
    pytest.param(place, action, step, id=f"{place.name}-{action}-{step.name}")
    for place in REGISTRY.marketplaces.values()
    for action in place.handlers
    for step in steps_of(place, action)
    if step.kind is not TaskKind.INNER
]
UNSAFE = [case for case in STEPS if case.values[2].kind is TaskKind.UNSAFE]  # pyright: ignore[reportAttributeAccessIssue]
at_a_step = pytest.mark.parametrize(("place", "action", "step"), STEPS)
at_an_unsafe_step = pytest.mark.parametrize(("place", "action", "step"), UNSAFE)


@pytest.fixture
def stage(theatre: Theatre, place: Marketplace, action: str, step: Step) -> Iterator[Stage]:
    stage = theatre.stage(place, action)
    wish = situation_of(place, action, step).prepared(stage)
    stage.begin(wish.product, wish.payload)
    yield stage
    resume_tenant(stage.bench.engine.database, stage.bench.tenant)


def suspend(stage: Stage) -> None:
    suspend_tenant(stage.bench.engine.database, stage.bench.tenant)


def goes_on_later(stage: Stage, action: str, step: Step) -> None:
    resume_tenant(stage.bench.engine.database, stage.bench.tenant)
    view = stage.finished()
    assert view.status is JobStatus.COMPLETED, standing(view)
    assert on_sale(stage) == sorted(situation_of(stage.place, action, step).on_sale)
    assert verdict(stage).is_green, verdict(stage).details


@at_a_step
def test_nothing_is_done_after_the_suspension(stage: Stage, action: str, step: Step) -> None:
    """At the first step nothing begins; at another one the job stops before it."""
    stage.when_next(step, lambda: suspend(stage))
    stage.met()
    since = last_entry(stage)
    for _ in range(TURNS):
        stage.turn()
    view = stage.view()
    assert not callers(stage, view, since=since)
    assert view.status in {JobStatus.PENDING, JobStatus.RUNNING}
    assert view.waiting == SUSPENDED
    goes_on_later(stage, action, step)


@at_an_unsafe_step
def test_what_became_of_a_lost_answer_is_looked_for_and_nothing_more_is_done(
    stage: Stage, action: str, step: Step
) -> None:
    stage.at_call(step, lost_before)
    stage.met()
    suspend(stage)
    for _ in range(TURNS):
        stage.turn()
    name = stage.task_of(step)
    assert stage.words_of(name)[-1] == "absence confirmed"
    task = next(task for task in stage.view().tasks if task.name == name)
    assert task.status is TaskStatus.PENDING
    goes_on_later(stage, action, step)
