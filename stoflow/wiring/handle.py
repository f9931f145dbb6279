"""One tenant of an installation, in a process of the caller's own: what `stoflow.open` gives."""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Self

from stoflow.actors.inline import PATIENCE_S, InlineOrchestrator
from stoflow.domain.errors import ConfigurationError, NotFound
from stoflow.domain.given import whole
from stoflow.domain.handle import ActionType
from stoflow.domain.ids import JobId, TenantId
from stoflow.execution.engine import Engine
from stoflow.execution.keeping_calls import keeping_calls
from stoflow.migrations.prepared import check_tenant_prepared
from stoflow.resources.jobs.change import cancel_job, complete_job, fail_job
from stoflow.resources.jobs.read import find_job
from stoflow.resources.jobs.submit import submit_job, submit_within
from stoflow.resources.jobs.views import JobView, SubmitJob
from stoflow.settings import Settings, load
from stoflow.storage.action_types import find_action_type
from stoflow.storage.database.callers import lent_by_caller
from stoflow.storage.database.tenants import tenants_after
from stoflow.transports.feed import HintedFeed
from stoflow.transports.hints import Hints
from stoflow.upkeep.sweep import Sweep
from stoflow.wiring.engine import make_engine
from stoflow.wiring.installation import Installation, prepare, serving

POOL_SIZE = 4
KIND = "inline"
NOBODY = TenantId(0)


Start = Callable[[Installation, ExitStack], InlineOrchestrator]


class TenantHandle:
    """Implements KeepsJobs and RunsJobs for one tenant. Any thread may use it; whoever opened it closes it.

    `start` makes this process one that may claim, the first time that it is to run a job; what it opens for that it
    puts into the stack.
    """

    def __init__(self, installation: Installation, tenant: TenantId, start: Start) -> None:
        self._installation = installation
        self._start = start
        self._opened = ExitStack()
        self._starting = threading.Lock()
        self._inline: InlineOrchestrator | None = None
        self.tenant = tenant

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back what this process holds."""
        self._opened.close()

    def create_job(
        self,
        marketplace: str,
        action_code: str,
        *,
        product_id: int | None = None,
        priority: int | None = None,
        payload: Mapping[str, Any] | None = None,
        session: Any | None = None,
    ) -> JobView:
        """Accept a job, in the caller's transaction where there is a `session`. Raise as MarketplaceJobService."""
        self._installation.registry.handler(marketplace, action_code)
        asked = SubmitJob(marketplace, action_code, product_id, priority, payload or {})
        if session is None:
            return submit_job(self._installation, self.tenant, asked)[0]
        with lent_by_caller(session) as connection:
            return submit_within(connection, self._installation, self.tenant, asked)

    def action_type(self, action_type_id: int) -> ActionType | None:
        """Return the action type with this id, None where there is none."""
        return find_action_type(self._installation.database, action_type_id)

    def complete_job(self, job: JobId, result: Mapping[str, Any]) -> JobView:
        """Complete what the caller did by itself. Raise NotFound; Conflict where it is final or under way."""
        return complete_job(self._installation, self.tenant, job, result)

    def fail_job(self, job: JobId, reason: str) -> JobView:
        """Fail what the caller could not do. Raise as `complete_job`."""
        return fail_job(self._installation, self.tenant, job, reason)

    def cancel_job(self, job: JobId) -> JobView:
        """Cancel a job. Raise NotFound; Conflict where it is final."""
        return cancel_job(self._installation, self.tenant, job)

    def run_next_job(self, tenant: TenantId, marketplace: str | None = None) -> JobView | None:
        """Run the most urgent job that is due; None where there is none, or where another process decides.

        Raise ValueError for an unknown marketplace, ConfigurationError for a tenant that is not this handle's.
        """
        if tenant != self.tenant:
            raise ConfigurationError(f"This handle is of tenant {self.tenant}, not {tenant}: open one for it.")
        registry = self._installation.registry
        names = list(registry.marketplaces) if marketplace is None else [registry.marketplace(marketplace).name]
        job = self._orchestrator().run_next(tenant, names)
        return None if job is None else find_job(self._installation, tenant, job)

    def _orchestrator(self) -> InlineOrchestrator:
        with self._starting:
            if self._inline is None:
                self._inline = self._start(self._installation, self._opened)
            return self._inline

    def opened_in(self, stack: ExitStack) -> Self:
        """Let everything that `stack` holds be closed with this handle."""
        self._opened.push(stack.pop_all())
        return self


def started(of: Installation, opened: ExitStack) -> InlineOrchestrator:
    """Return an orchestrator of one job, with a lease and hints of its own, which end with `opened`."""
    lease, hints = of.lease(KIND, serves=list(of.registry.marketplaces)), Hints(of.urls.redis_url)
    lease.start()
    opened.callback(lease.stop)
    hints.start()
    opened.callback(hints.stop)
    engine = make_engine(of, lease, HintedFeed(hints, of.names()))
    keeping = keeping_calls(engine)
    keeping.start()
    opened.callback(keeping.stop)
    return make_inline(of, engine)


def make_inline(of: Installation, engine: Engine, *, patience_s: float = PATIENCE_S) -> InlineOrchestrator:
    quiet_s = {name: of.tempo.scaled_s(of.quiet_s(place)) for name, place in of.registry.marketplaces.items()}
    return InlineOrchestrator(
        engine=engine,
        conditions=of.conditions,
        pace_s=lambda place, action: of.tempo.pace_s(of.registry.rate_limit_ms(place, action)),
        sweep=Sweep(of.database, quiet_s, of.plugin_marketplaces),
        patience_s=patience_s,
    )


def open_handle(settings: Settings | None, tenant: int | None) -> TenantHandle:
    """Open an installation that is there, and one tenant of it; raise as `stoflow.open`."""
    if not isinstance(settings, Settings | None):
        message = (
            f"stoflow.open takes stoflow.settings.Settings, as stoflow.settings.load() gives, not {settings!r:.50}."
        )
        raise ConfigurationError(message)
    with ExitStack() as stack:
        installation = stack.enter_context(serving(settings or load(), pool_size=POOL_SIZE))
        prepare(installation)
        chosen = _only_tenant(installation) if tenant is None else TenantId(whole("tenant", tenant))
        try:
            check_tenant_prepared(installation.database, chosen)
        except NotFound as error:
            raise ConfigurationError(str(error)) from error
        return TenantHandle(installation, chosen, started).opened_in(stack)


def _only_tenant(installation: Installation) -> TenantId:
    with installation.database.records() as connection:
        found = tenants_after(connection, NOBODY, limit=2)
    if len(found) == 1:
        return found[0]
    are = "are several tenants" if found else "is no tenant yet"
    raise ConfigurationError(f"There {are}: say which one, as in stoflow.open(settings, tenant=1).")
