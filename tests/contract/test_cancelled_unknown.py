"""Nobody knows what a call did, nobody can be asked, and somebody cancels: the job ends and says so.

What was done all the same is found later: a sync links it, a retry and a new job look first, and nothing is doubled.
"""

from collections.abc import Callable, Mapping

import pytest

from stoflow.domain.job import JobStatus, TaskKind
from stoflow.execution import plugin
from stoflow.marketplaces.contract import Marketplace, Step
from stoflow.resources.jobs.views import JobView
from stoflow.storage.engine.connection_state import needs_seller
from tests.contract.line import Deed, lost_after, lost_before
from tests.contract.played import REGISTRY
from tests.contract.situations import situation_of
from tests.contract.stage import Stage, standing, steps_of
from tests.contract.theatre import PLUGIN, Theatre
from tests.contract.witness import on_sale, verdict

LOG_IN = "Log in again."


def log_out(stage: Stage) -> None:
    stage.bench.engine.recorder.write(stage.bench.tenant, 0, needs_seller(stage.bench.tenant, stage.place.name, LOG_IN))


def close_browser(stage: Stage) -> None:
    plugin.gone(stage.bench.engine, stage.bench.tenant, PLUGIN, "socket")


def come_back(stage: Stage) -> None:
    if stage.tab:
        plugin.connected(stage.bench.engine, stage.bench.tenant, PLUGIN, "socket")
    if stage.halted:
        stage.reconnect()


GOES: Mapping[str, Callable[[Stage], None]] = {"logs_out": log_out, "closes_the_browser": close_browser}
CASES = [
    pytest.param(place, action, step, lost, goes, id=f"{place.name}-{action}-{step.name}-{lost.__name__}-{goes}")
    for place in REGISTRY.marketplaces.values()
    for action in place.handlers
    for step in steps_of(place, action)
    if step.kind is TaskKind.UNSAFE
    for lost in (lost_before, lost_after)
    for goes in GOES
    if goes == "logs_out" or place.transport == "plugin"
]
of_all = pytest.mark.parametrize(("place", "action", "step", "lost", "goes"), CASES)


@pytest.fixture
def stage(theatre: Theatre, place: Marketplace, action: str, step: Step, lost: Deed, goes: str) -> Stage:
    """A job that was cancelled after its answer was lost and its seller had gone."""
    stage = theatre.stage(place, action)
    wish = situation_of(place, action, step).prepared(stage)
    stage.begin(wish.product, wish.payload)
    stage.at_call(step, lost)
    stage.met()
    GOES[goes](stage)
    stage.bench.make_due()
    stage.cancel()
    return stage


def done(stage: Stage, action: str) -> JobView:
    view = stage.finished(stage.submit(action, stage.product_id if action in stage.place.products else None))
    assert view.status is JobStatus.COMPLETED, standing(view)
    return view


@of_all
def test_the_job_ends_and_says_that_nobody_knows(stage: Stage, goes: str) -> None:
    view = stage.view()
    assert (view.status, view.error_kind) == (JobStatus.FAILED, "unverified"), standing(view)
    reason = LOG_IN if goes == "logs_out" else "The plugin is offline."
    assert f"is not known, and it was cancelled before anybody could tell: {reason} Check on" in (view.error or "")


@of_all
def test_a_retry_looks_first(stage: Stage, step: Step) -> None:
    come_back(stage)
    stage.bench.retry(stage.job)
    view = stage.finished()
    assert view.status is JobStatus.COMPLETED, standing(view)
    assert "looking" in stage.words_of(stage.task_of(step))
    assert verdict(stage).is_green, verdict(stage).details


@of_all
def test_what_a_sync_finds_is_linked_and_nothing_is_made_twice(stage: Stage, action: str) -> None:
    come_back(stage)
    if "sync" in stage.place.handlers:
        done(stage, "sync")
    if action not in stage.place.products:
        return
    shown = on_sale(stage)
    done(stage, action)
    assert len(on_sale(stage)) == 1
    assert shown in ([], on_sale(stage)) or action == "update"
    assert stage.place.collect is None or not stage.bench.all("SELECT id FROM {s}.strays")
    assert verdict(stage).is_green, verdict(stage).details
