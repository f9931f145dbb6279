"""A whole engine in one thread: owner, sweeper, worker, plugin and person by turns, with the real use cases."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field

from psycopg import sql

from campaigns.browser import PluginBrowser
from campaigns.person import Person
from stoflow.domain.errors import StoflowError
from stoflow.domain.ids import Epoch, TaskId, TenantId
from stoflow.domain.run import RunMessage, RunMode
from stoflow.execution.engine import Engine
from stoflow.monitoring.failpoints import FailpointError
from stoflow.settings import Settings
from stoflow.storage.database.session import schema_name
from stoflow.storage.engine.ownership import acquire_tenants, consume_outbox
from stoflow.storage.engine.processes import mark_children_dead
from stoflow.storage.engine.reads.queue import QueuedJob, QueuedOrphan, QueuePage, begin_page
from stoflow.storage.engine.timetable import Period
from stoflow.storage.engine.unfinished import finish_cancel
from stoflow.upkeep.stock import Stock
from stoflow.upkeep.sweep import Sweep
from stoflow.upkeep.timetable import Timetable
from stoflow.wiring.installation import Installation, opened
from stoflow.wiring.worker import make_worker_process
from stoflow.worker.functions import consume

PAUSE_S = 0.01
PAGE = 50
HOUR_S = 3600.0


@dataclass(slots=True)
class InlineOrchestrator:
    """What an orchestrator, a worker and an api do, one after the other, for one tenant at one marketplace."""

    installation: Installation
    engine: Engine
    tenant: TenantId
    marketplace: str
    person: Person
    browser: PluginBrowser | None
    epoch: Epoch = field(default_factory=lambda: Epoch(0))
    _sweep: Sweep | None = None
    _planned: bool = False

    def conduct(self, *, within_s: float, is_enough: Callable[[], bool] = lambda: False) -> bool:
        """Go on until everything asked for is final; False where it is not in time, or where it was enough."""
        give_up_s = time.monotonic() + within_s
        while time.monotonic() < give_up_s and not is_enough():
            for act in (self._ask, self._plan, self._follow, self._clean, self._permit, self._answer):
                with suppress(StoflowError, FailpointError):  # as behind a door: whoever asked asks again
                    act()
            if self.person.is_content and self._is_idle():
                return True
            time.sleep(PAUSE_S)
        return False

    def _ask(self) -> None:
        self.person.act(self.installation.database, self.installation.registry)

    def _plan(self) -> None:
        """Look once whether a periodic job is due."""
        if not self._planned:
            periods = (Period(self.marketplace, "sync", HOUR_S),)
            Timetable(self.installation.database, self.installation.registry, periods).turn()
            self._planned = True

    def _follow(self) -> None:
        Stock(self.installation.database, self.installation.registry).follow()

    def _clean(self) -> None:
        if self._sweep is None:
            places = self.installation.registry.marketplaces.values()
            quiet_s = {
                place.name: self.installation.tempo.scaled_s(self.installation.quiet_s(place)) for place in places
            }
            self._sweep = Sweep(self.installation.database, quiet_s, self.installation.plugin_marketplaces)
        self._sweep.mark_dead()
        self._sweep.everyone()

    def _permit(self) -> None:
        with self.installation.database.records() as connection:
            consume_outbox(connection, self.engine.process(), limit=PAGE)
            for acquired in acquire_tenants(connection, self.engine.process(), limit=PAGE):
                self.epoch = acquired.epoch if acquired.tenant == self.tenant else self.epoch
        page = self._page()
        for job in page.jobs:
            if job.cancelling and not job.in_flight and not job.verifying:
                with self.installation.database.records() as connection:
                    finish_cancel(connection, self.tenant, job.id)
            elif not job.in_flight and job.due_in_s <= 0:
                consume(self.engine, asdict(self._message(job)))
        for orphan in page.orphans:
            if orphan.due_in_s <= 0:
                consume(self.engine, asdict(self._collection(orphan)))

    def _answer(self) -> None:
        if self.browser is not None:
            self.browser.work(self.engine, self.tenant)

    def _page(self) -> QueuePage:
        with self.installation.database.records() as connection:
            return begin_page(connection, self.tenant, marketplaces=[self.marketplace], held=(), limit=PAGE)()

    def _is_idle(self) -> bool:
        orphans = sql.SQL("SELECT count(*) AS left FROM {}.strays").format(sql.Identifier(schema_name(self.tenant)))
        with self.installation.database.records() as connection:
            row = connection.execute(orphans).fetchone()
        return not self._page().jobs and row == {"left": 0}  # the page leaves out orphans that are being collected

    def _message(self, job: QueuedJob) -> RunMessage:
        return RunMessage(
            tenant=self.tenant,
            job=job.id,
            task=job.task,
            claims=job.claims,
            epoch=self.epoch,
            owner=self.engine.process(),
            mode=RunMode.LOOK if job.verifying else RunMode.ACT,
            permit=True,
            stepwise=False,
        )

    def _collection(self, orphan: QueuedOrphan) -> RunMessage:
        return RunMessage(
            tenant=self.tenant,
            job=orphan.job,
            task=TaskId(orphan.id),
            claims=orphan.claims,
            epoch=self.epoch,
            owner=self.engine.process(),
            mode=RunMode.COLLECT,
            permit=False,
            stepwise=False,
        )


@contextmanager
def inline_orchestrator(
    settings: Settings,
    tenant: TenantId,
    marketplace: str,
    *,
    person: Person,
    browser: PluginBrowser | None,
    mourned: Sequence[int] = (),
) -> Iterator[InlineOrchestrator]:
    """Give a inline_orchestrator with a lease of its own; `mourned` are the pids of children its parent has reaped."""
    with opened(settings) as installation:
        worker = make_worker_process(installation, threads=1, marketplaces=())
        with installation.database.records() as connection:
            mark_children_dead(connection, mourned)
        worker.lease.start()
        try:
            yield InlineOrchestrator(installation, worker.engine, tenant, marketplace, person, browser)
        finally:
            worker.lease.stop()
