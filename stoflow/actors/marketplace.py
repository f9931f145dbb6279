"""One tenant at one marketplace: pace, cap, sequence and retry timers of the jobs it was handed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pykka

from stoflow.actors.collecting import Collecting
from stoflow.actors.flight import Flight
from stoflow.actors.held import AFTER_DEADLINE_S, LONGEST_BELIEVED_S, WATCH_S, Held
from stoflow.actors.judged import JudgedPlace
from stoflow.actors.lanes import Lanes
from stoflow.actors.mailbox import OnDeath, Pool, PooledActor
from stoflow.actors.news import (
    CancelNow,
    Due,
    Finished,
    Freed,
    Left,
    MayTry,
    Offer,
    OrphanDue,
    PaceDue,
    PlaceRead,
    Reload,
    Reported,
    Reread,
    Take,
    Want,
    Watch,
)
from stoflow.actors.permits import Permits
from stoflow.actors.showing import flow_of
from stoflow.actors.timers import Timers, tell
from stoflow.admission.facts import Place
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.run import NextMove, RunMessage, RunMode, RunReport
from stoflow.storage.engine.reads.queue import QueuedJob, QueuedOrphan


class MarketplaceActor(PooledActor):
    """Permits tasks before their messages are sent. PostgreSQL judges pace and order; this actor is their clock."""

    def __init__(
        self,
        pool: Pool,
        on_death: OnDeath,
        permits: Permits,
        supervisor: pykka.ActorRef[Any],
        dispatcher: pykka.ActorRef[Any],
        timers: Timers,
        touched: Callable[["MarketplaceActor", bool], None] = lambda *_: None,
    ) -> None:
        """`touched` is told when its place may look different to who looks on, and whether its jobs may have moved."""
        super().__init__(pool, on_death)
        self._touched = touched
        self._permits = permits
        self._supervisor = supervisor
        self._dispatcher = dispatcher
        self._timers = timers
        self._held: dict[JobId, Held] = {}
        self._lanes = Lanes(permits.pace_s, self._wake)
        self._judged = JudgedPlace()
        self._collecting = Collecting()
        self._flight = Flight(
            permits, supervisor, dispatcher, timers, self.actor_ref, held=self._held, collecting=self._collecting
        )
        self._wanted = 0
        self._may_try = False  # whether StoFlow's application is accepted again

    @property
    def messages_out(self) -> tuple[RunMessage, ...]:
        """What it has offered to the dispatcher and still waits for."""
        jobs = (held.message for held in self._held.values() if held.message is not None)
        return *jobs, *self._collecting.messages

    @property
    def marketplace(self) -> str:
        return self._permits.marketplace

    @property
    def place(self) -> tuple[TenantId, str]:
        return self._permits.tenant, self._permits.marketplace

    def begin(self) -> None:
        self._fill()

    def on_stop(self) -> None:
        """Give back its places in the window: whoever decides next for the tenant knows of none."""
        tell(self._dispatcher, Freed(self.messages_out))

    def handle(self, message: Any) -> None:
        self._judge(message.place if isinstance(message, PlaceRead) else None)
        match message:
            case Take(jobs, orphans):
                self._take(jobs, orphans)
            case Reported(report):
                self._on_report(report)
            case Due(job):
                self._on_due(job)
            case Left(left):
                self._flight.note_left(left)
            case OrphanDue(orphan):
                if self._collecting.is_free(orphan) and not (
                    self._judged.verdict.stops_all or self._judged.verdict.lets_tries_only
                ):
                    self._collect(orphan)
            case Watch():
                self._flight.watch()
            case MayTry(_):
                self._may_try = True
            case PaceDue(_) | PlaceRead(_):
                pass  # `_fill` below looks at every lane
            case _:
                super().handle(message)
        self._fill()
        self._may_try = False
        self._touched(self, not isinstance(message, PlaceRead | PaceDue | Watch))

    def flow(self) -> Mapping[str, Any]:
        """Return what is shown of it; asked by another thread, so it reads only what is whole at any time."""
        return flow_of(
            self._judged.verdict.holds,
            in_flight=len(self._flight),
            cap=self._permits.cap,
            pace_in_s=self._lanes.pace_in_s(),
        )

    def _judge(self, told: Place | None) -> None:
        """Ask what may be sent now; what was passed over while it might not go stands in line again."""
        before = self._judged.verdict
        if not self._judged.again(told):
            return
        if (wait_s := self._judged.changes_in_s) is not None:
            self._wake(wait_s, "")
        for job in [held.job for held in self._held.values() if before.stops and self._may_go(held.job.id)]:
            if job.due_in_s <= 0:
                self._lanes.put(job)

    # What came in

    def _take(self, jobs: tuple[QueuedJob, ...], orphans: tuple[QueuedOrphan, ...]) -> None:
        for job in jobs:
            if job.id not in self._held:
                self._wanted = max(0, self._wanted - 1)
            self._put(job)
        for orphan in (orphan for orphan in orphans if not self._collecting.awaits(orphan)):
            self._timers.after(orphan.due_in_s, self.actor_ref, OrphanDue(orphan))

    def _put(self, job: QueuedJob) -> None:
        """Place a job as PostgreSQL has it now."""
        if job.final or job.behind:  # behind: an earlier job of its product was retried
            self._drop(job.id)
            return
        held = self._held.setdefault(job.id, Held(job))
        if held.awaits(job) and not held.overdue:
            held.job = replace(held.job, priority=job.priority)
            return
        self._lanes.remove(job.id)
        held.lost = held.lost + 1 if held.awaits(job) else 0
        self._flight.land(held)
        met_for_s = held.meets(job) if job.in_flight else 0.0
        held.job = job
        if job.in_flight:
            self._flight.wait_for(held, met_for_s)
        elif job.cancelling and not job.verifying:
            tell(self._supervisor, CancelNow(job.id))
        elif job.due_in_s > 0:
            self._timers.after(job.due_in_s, self.actor_ref, Due(job.id))
        else:
            self._lanes.put(job)

    def _on_report(self, report: RunReport) -> None:
        held = self._held.get(report.job)
        if report.mode is RunMode.COLLECT:
            self._flight.end_collection(report.task)
            return
        if held is None or held.has_overtaken(report):
            return
        self._flight.land(held)
        match report.move:
            case NextMove.NOTHING:
                self._drop(report.job)
            case NextMove.RELOAD | NextMove.SELLER:
                self._ask_again(held, report.move)
            case NextMove.PLUGIN:
                held.job = replace(held.job, running=True, in_flight=True, deadline_in_s=report.delay_s)
                self._flight.wait_for(held, min(report.delay_s + AFTER_DEADLINE_S, WATCH_S))
            case _ if report.delay_s > LONGEST_BELIEVED_S:
                self._flight.wait_for(held, WATCH_S)
                tell(self._supervisor, Reread((report.job,)))
            case NextMove.RUN | NextMove.PACE | NextMove.LOOK:
                self._put(held.follows(report))

    def _ask_again(self, held: Held, move: NextMove) -> None:
        """Have it read what became of the job, and before that of the place, where that may hold it."""
        if held.job.paced and not held.job.verifying:
            self._lanes.not_granted(held.job)
        self._flight.wait_for(held, WATCH_S)
        refused_again = move is NextMove.RELOAD and held.is_refused_again()
        if refused_again:
            self._permits.sweep_soon(self._permits.tenant)  # its time may be over
        if refused_again or move is NextMove.SELLER:
            tell(self._supervisor, Reload())
        if not refused_again:
            tell(self._supervisor, Reread((held.job.id,)))

    def _on_due(self, job: JobId) -> None:
        held = self._held.get(job)
        if held is not None and job not in self._flight and held.job.due_in_s > 0:
            held.job = replace(held.job, due_in_s=0.0)
            self._lanes.put(held.job)

    def _drop(self, job: JobId) -> None:
        held = self._held.pop(job, None)
        self._lanes.remove(job)
        if held is not None:
            self._flight.land(held)
            tell(self._supervisor, Finished(self._permits.marketplace, job))

    # What goes out

    def _fill(self) -> None:
        """Permit what may go now, then ask for as many new jobs as there is room for."""
        if self._judged.verdict.lets_tries_only:
            self._fill_refused()
        elif not self._judged.verdict.stops_all:
            while len(self._flight) < self._permits.cap and (job := self._lanes.take(self._may_go)) is not None:
                self._permit(self._held[job])
        room = self._permits.cap - len(self._flight) - len(self._lanes) - self._wanted
        if room > 0 and not self._judged.verdict.stops_new:
            self._wanted += room
            tell(self._supervisor, Want(self._permits.marketplace, room))

    def _fill_refused(self) -> None:
        """Permit one job where it may try, and looks that somebody who cancelled waits for."""
        if self._judged.verdict.stops_all or len(self._flight) >= self._permits.cap:
            return
        for held in self._held.values():
            if held.job.ends_by_look and held.job.due_in_s <= 0 and held.job.id not in self._flight:
                self._permit(held)
                return
        if self._may_try and (job := self._lanes.take(self._may_go)) is not None:
            self._permit(self._held[job])

    def _may_go(self, job: JobId) -> bool:
        held = self._held.get(job)
        if held is None or job in self._flight:
            return False
        return self._judged.verdict.lets(begun=held.job.running, looking=held.job.verifying)

    def _wake(self, delay_s: float, action: str) -> None:
        self._timers.after(delay_s, self.actor_ref, PaceDue(action))

    def _permit(self, held: Held) -> None:
        job = held.job
        message = self._permits.permit(job, stepwise=held.is_stepwise)
        self._flight.depart(held, message)
        tell(self._dispatcher, Offer(self._permits.marketplace, message, started=job.running))

    def _collect(self, orphan: QueuedOrphan) -> None:
        message = self._permits.collection(orphan)
        self._collecting.begin(message, time.monotonic())
        self._flight.watch_after(WATCH_S)
        tell(self._dispatcher, Offer(self._permits.marketplace, message, started=False))
