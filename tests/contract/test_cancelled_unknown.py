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
from stoflow.testing.declared import particulars_of
from stoflow.testing.harness import PLUGIN, Harness
from stoflow.testing.ledger import on_sale, verdict
from stoflow.testing.network import Deed, lost_after, lost_before
from stoflow.testing.scenario import Scenario
from stoflow.testing.words import described, steps_of
from tests.harness.played import REGISTRY

LOG_IN = "Log in again."


def log_out(scenario: Scenario) -> None:
    scenario.bench.engine.recorder.write(
        scenario.bench.tenant, 0, needs_seller(scenario.bench.tenant, scenario.place.name, LOG_IN)
    )


def close_browser(scenario: Scenario) -> None:
    plugin.gone(scenario.bench.engine, scenario.bench.tenant, PLUGIN, "socket")


def come_back(scenario: Scenario) -> None:
    if scenario.browser:
        plugin.connected(scenario.bench.engine, scenario.bench.tenant, PLUGIN, "socket")
    if scenario.halted:
        scenario.reconnect()


GOES: Mapping[str, Callable[[Scenario], None]] = {"logs_out": log_out, "closes_the_browser": close_browser}
CASES = [
    pytest.param(place, action, step, lost, goes, id=f"{place.name}-{action}-{step.name}-{lost.__name__}-{goes}")
    for place in REGISTRY.marketplaces.values()
    for action in place.handlers
    for step in steps_of(place, action)
    if step.kind is TaskKind.UNSAFE
    for lost in (lost_before, lost_after)
    for goes in GOES
    if goes == "logs_out" or place.by_plugin
]
of_all = pytest.mark.parametrize(("place", "action", "step", "lost", "goes"), CASES)


@pytest.fixture
def scenario(harness: Harness, place: Marketplace, action: str, step: Step, lost: Deed, goes: str) -> Scenario:
    """A job that was cancelled after its answer was lost and its seller had gone."""
    scenario = harness.scenario(place, action)
    wish = particulars_of(place.name).situation(action, step).prepared(scenario)
    scenario.begin(wish.product, wish.payload)
    scenario.at_call(step, lost)
    scenario.met()
    GOES[goes](scenario)
    scenario.bench.make_due()
    scenario.cancel()
    return scenario


def done(scenario: Scenario, action: str) -> JobView:
    view = scenario.finished(
        scenario.submit(action, scenario.product_id if action in scenario.place.products else None)
    )
    assert view.status is JobStatus.COMPLETED, described(view)
    return view


@of_all
def test_the_job_ends_and_says_that_nobody_knows(scenario: Scenario, goes: str) -> None:
    view = scenario.view()
    assert (view.status, view.error_kind) == (JobStatus.FAILED, "unverified"), described(view)
    reason = LOG_IN if goes == "logs_out" else "The plugin is offline."
    assert f"is not known, and it was cancelled before anybody could tell: {reason} Check on" in (view.error or "")


@of_all
def test_a_retry_looks_first(scenario: Scenario, step: Step) -> None:
    come_back(scenario)
    scenario.bench.retry(scenario.job)
    view = scenario.finished()
    assert view.status is JobStatus.COMPLETED, described(view)
    assert "looking" in scenario.words_of(scenario.task_of(step))
    assert verdict(scenario).is_green, verdict(scenario).details


@of_all
def test_what_a_sync_finds_is_linked_and_nothing_is_made_twice(scenario: Scenario, action: str) -> None:
    come_back(scenario)
    if "sync" in scenario.place.handlers:
        done(scenario, "sync")
    if action not in scenario.place.products:
        return
    shown = on_sale(scenario)
    done(scenario, action)
    assert len(on_sale(scenario)) == 1
    assert shown in ([], on_sale(scenario)) or action == "update"
    assert scenario.place.collect is None or not scenario.bench.all("SELECT id FROM {s}.strays")
    assert verdict(scenario).is_green, verdict(scenario).details
