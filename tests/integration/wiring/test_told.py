"""A command, and an api, explains verdicts by what was told to those that make them, and not by its own environment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from typing import Any

import pykka

import stoflow
from stoflow.domain.ids import JobId, TenantId
from stoflow.marketplaces import MarketplaceJobService
from stoflow.resources.jobs.read import explain_job
from stoflow.settings import Settings
from stoflow.wiring.installation import Told, prepared, serving
from stoflow.wiring.orchestrator import make_orchestrator

WAIT_S = 10
ALL_DAY = {"vinted": "00:00-23:59"}


@contextmanager
def orchestrator(settings: Settings) -> Iterator[None]:
    with serving(settings, pool_size=4) as installation:
        decides, hints = make_orchestrator(installation)
        hints.start()
        decides.start()
        try:
            yield
        finally:
            decides.stop()
            hints.stop()


def holds(settings: Settings, tenant: TenantId, job: JobId) -> set[str]:
    """Return the kinds of what holds a job, as a command with these settings tells them."""
    with prepared(settings, tenant=tenant) as installation:
        return {hold.kind for hold in explain_job(installation, tenant, job).holds}


def test_a_command_judges_by_what_the_orchestrators_were_told(settings: Settings, tenant: TenantId) -> None:
    commands = settings.model_copy(update={"plugin_terms": "required"})
    with stoflow.open(settings, tenant=tenant) as db:
        job = MarketplaceJobService(db).create_job(marketplace="vinted", action_code="sync").id
    assert "terms_not_accepted" in holds(commands, tenant, job)
    with orchestrator(settings):
        assert "terms_not_accepted" not in holds(commands, tenant, job)
        with orchestrator(settings.model_copy(update={"blackout": ALL_DAY})):  # the newer one
            assert "blackout" in holds(commands, tenant, job)
    assert {"terms_not_accepted", "no_orchestrator"} <= holds(commands, tenant, job)


def test_an_api_reads_with_each_beat_what_the_orchestrators_were_told(settings: Settings) -> None:
    hasty = settings.model_copy(update={"plugin_terms": "required", "heartbeat_s": 0.05})
    with serving(hasty, pool_size=2) as installation:
        told, beaten = Told(installation), Event()

        def hear(heard: Mapping[str, Any]) -> None:
            told.hear(heard)
            beaten.set()

        def terms() -> Mapping[str, str]:
            """Return what is asked for after a whole beat from now."""
            for _ in range(2):  # one may have been under way
                beaten.clear()
                assert beaten.wait(WAIT_S)
            return told.conditions().terms

        lease = installation.lease("api", hear=hear)
        lease.start()
        try:
            assert terms()
            with orchestrator(settings):
                assert not terms()
            assert terms()
        finally:
            lease.stop()


def actors() -> set[str]:
    return {ref.actor_urn for ref in pykka.ActorRegistry.get_all()}


def test_nothing_of_an_orchestrator_is_left_when_it_stops(settings: Settings, tenant: TenantId) -> None:
    before = actors()
    with stoflow.open(settings, tenant=tenant) as db:
        MarketplaceJobService(db).create_job(marketplace="vinted", action_code="sync")
    with orchestrator(settings):
        assert actors() - before
    assert actors() <= before
