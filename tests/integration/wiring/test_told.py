"""A command explains verdicts by what was told to those that make them, and not by its own environment."""

from collections.abc import Iterator
from contextlib import contextmanager

import stoflow
from stoflow.domain.ids import JobId, TenantId
from stoflow.marketplaces import MarketplaceJobService
from stoflow.resources.jobs.read import explain_job
from stoflow.settings import Settings
from stoflow.wiring.installation import prepared, serving
from stoflow.wiring.orchestrator import make_orchestrator

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
