"""An orchestrator of one job: it decides for a tenant in the process that asks, for as long as that job runs there."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from stoflow.actors.permits import Permits
from stoflow.actors.places import place_of
from stoflow.admission.asking import Verdict, judge_place
from stoflow.admission.facts import Conditions
from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.ids import Epoch, JobId, ProcessId, TenantId
from stoflow.domain.run import RunMode
from stoflow.execution.collect import collect
from stoflow.execution.engine import Engine
from stoflow.execution.look import look
from stoflow.execution.run import run
from stoflow.monitoring.record import record
from stoflow.storage.engine.ownership import acquire_tenant, leave_tenant
from stoflow.storage.engine.reads.actors import cancel_read, jobs_read, page_read, read_together
from stoflow.storage.engine.reads.queue import QueuedJob, QueuePage
from stoflow.upkeep.sweep import Sweep

PAGE_SIZE = 50
LOOK_EVERY_S = 0.2  # whether a plugin has answered; nobody tells an orchestrator that owns nothing yet
PATIENCE_S = 60.0
LEAVE_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class InlineOrchestrator:
    """`patience_s` is how long a job that has begun is waited for, where it waits for a time or an answer."""

    engine: Engine
    conditions: Conditions
    pace_s: Callable[[str, str], float]
    sweep: Sweep
    patience_s: float = PATIENCE_S

    def run_next(self, tenant: TenantId, marketplaces: Sequence[str]) -> JobId | None:
        """Run the most urgent job that is due until it is final, or waits for longer than a caller will.

        None where nothing is due, or where another orchestrator owns the tenant.
        """
        me = self.engine.process()
        with self.engine.database.records() as connection:
            epoch = acquire_tenant(connection, tenant, me)
        if epoch is None:
            return None
        try:
            self.sweep.mark_dead()
            self.sweep.tenants([tenant])
            return _Turn(self, tenant, me, epoch).run(marketplaces)
        finally:
            self._leave(tenant, me, epoch)

    def _leave(self, tenant: TenantId, me: ProcessId, epoch: Epoch) -> None:
        """Give the tenant back, at once or as soon as PostgreSQL answers: nobody else decides for it before."""
        try:
            with self.engine.database.records() as connection:
                leave_tenant(connection, tenant, me, epoch)
        except DatabaseError as error:
            record(database_failure("giving a tenant back", error))
            later = threading.Timer(LEAVE_AGAIN_S, self._leave_again, (tenant, me, epoch))
            later.daemon = True
            later.start()

    def _leave_again(self, tenant: TenantId, me: ProcessId, epoch: Epoch) -> None:
        with suppress(RuntimeError):  # this process has given its lease back, and owns nobody
            if self.engine.process() == me:
                self._leave(tenant, me, epoch)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is done under one epoch."""

    of: InlineOrchestrator
    tenant: TenantId
    me: ProcessId
    epoch: Epoch

    def run(self, marketplaces: Sequence[str]) -> JobId | None:
        verdicts, page = self._verdicts(marketplaces)
        self._tidy(verdicts, page)
        first = next(self._due(verdicts, page), None)
        if first is None:
            return None
        until_s, job = time.monotonic() + self.of.patience_s, first
        while job is not None:
            self._run(job)
            before, job = job, self._wait(job.id, until_s)
            if job is not None and (job.task, job.claims) == (before.task, before.claims):
                break  # nothing could be claimed, and nothing says when it can
        return first.id

    def _tidy(self, verdicts: Mapping[str, Verdict], page: QueuePage) -> None:
        """End what was cancelled while nobody was at it, and collect the drafts whose time has come."""
        for job in filter(_ends_now, page.jobs):
            read_together(self.of.engine.database, [cancel_read(self.tenant, job.id)])
        for orphan in page.orphans:
            verdict = verdicts[orphan.marketplace]
            if orphan.due_in_s <= 0 and not (verdict.stops_all or verdict.lets_tries_only):
                collect(self.of.engine, self._permits(orphan.marketplace).collection(orphan))

    def _due(self, verdicts: Mapping[str, Verdict], page: QueuePage) -> Iterator[QueuedJob]:
        """Yield what may go on now, most urgent first."""
        for job in page.jobs:
            if not _ends_now(job) and self._wait_s(job) <= 0 and _may_go(job, verdicts[job.marketplace]):
                yield job

    def _run(self, job: QueuedJob) -> None:
        engine = self.of.engine
        message = self._permits(job.marketplace).permit(job, stepwise=False)
        (look if message.mode is RunMode.LOOK else run)(engine, message)

    def _wait(self, job: JobId, until_s: float) -> QueuedJob | None:
        """Return the job when it may go on, None where it is final or that lasts too long."""
        while True:
            found = self._read(job)
            if found.final or found.behind:
                return None
            wait_s = self._wait_s(found)
            if wait_s <= 0:
                verdicts, _ = self._verdicts([found.marketplace])
                return found if _may_go(found, verdicts[found.marketplace]) else None
            if time.monotonic() + wait_s > until_s:
                return None
            time.sleep(min(wait_s, LOOK_EVERY_S))

    def _wait_s(self, job: QueuedJob) -> float:
        """Return the seconds until the job may go on, as far as is known: an answer may come at any time."""
        if job.in_flight:
            return LOOK_EVERY_S
        return max(job.due_in_s, job.pace_in_s if job.paced and not job.verifying else 0.0)

    def _read(self, job: JobId) -> QueuedJob:
        """Return the job as it stands, and end it where a cancel waits for that."""
        ((found,),) = read_together(self.of.engine.database, [jobs_read(self.tenant, [job])])
        if _ends_now(found):
            ((found,),) = read_together(self.of.engine.database, [cancel_read(self.tenant, job)])
        return found

    def _verdicts(self, marketplaces: Sequence[str]) -> tuple[Mapping[str, Verdict], QueuePage]:
        """Return what may be done at each of these places, and the page of the queue by which they are judged."""
        read = page_read(self.tenant, marketplaces=marketplaces, held=(), limit=PAGE_SIZE)
        (page,) = read_together(self.of.engine.database, [read])
        refusing = {view.marketplace for view, _ in self.of.engine.applications.read_refusals()}
        places = (
            place_of(self.of.conditions, self.tenant, name, page, refused=name in refusing) for name in marketplaces
        )
        return {place.marketplace: judge_place(place) for place in places}, page

    def _permits(self, marketplace: str) -> Permits:
        return Permits(
            tenant=self.tenant,
            marketplace=marketplace,
            epoch=self.epoch,
            me=self.me,
            cap=1,
            pace_s=lambda action: self.of.pace_s(marketplace, action),
            sweep_soon=lambda _: None,
        )


def _ends_now(job: QueuedJob) -> bool:
    """Whether its cancel need not wait for anything."""
    return job.cancelling and not job.final and not job.verifying and not job.in_flight


def _may_go(job: QueuedJob, verdict: Verdict) -> bool:
    if verdict.stops_all or verdict.lets_tries_only:
        return False
    return verdict.lets(begun=job.running, looking=job.verifying)
