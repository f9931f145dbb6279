"""One tenant at one marketplace: pace, cap, sequence and retry timers of the jobs it was handed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pykka

from stoflow.actors.lanes import Lanes
from stoflow.actors.mailbox import OnDeath, Pool, PooledActor
from stoflow.actors.news import (
    CancelNow,
    Due,
    Finished,
    Freed,
    Offer,
    PaceDue,
    Reload,
    Reported,
    Reread,
    Standing,
    StrayDue,
    Take,
    Want,
    Watch,
)
from stoflow.actors.timers import Timers, tell
from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.run import NextMove, RunMessage, RunMode, RunReport
from stoflow.storage.engine.queueing import QueuedJob, QueuedStray

WATCH_S = 5.0  # without a word of a run for so long, its job is read again
LOST_UNTIL_STEPWISE = 3
COLLECT_S = 60.0  # for a stray
AFTER_DEADLINE_S = 0.2


@dataclass(frozen=True, slots=True)
class Place:
    """Where an actor stands: `pace_s` answers the seconds between paced calls of an action (0: no limit)."""

    tenant: TenantId
    marketplace: str
    epoch: Epoch
    me: ProcessId
    cap: int
    pace_s: Callable[[str], float]
    sweep_soon: Callable[[TenantId], None]


@dataclass(slots=True)
class Held:
    """A job in the actor's hands; `message_out` while a message of it is in flight."""

    job: QueuedJob
    message_out: bool = False
    since_s: float = 0.0
    patience_s: float = WATCH_S
    overdue: bool = False
    lost: int = 0

    def awaits(self, job: QueuedJob) -> bool:
        """Whether the message in flight is for the very task that PostgreSQL still has pending."""
        same = (self.job.task, self.job.claims) == (job.task, job.claims)
        return self.message_out and same and not job.in_flight and not job.cancelling


class MarketplaceActor(PooledActor):
    """Permits tasks before their messages are sent. PostgreSQL judges pace and order; this actor is their clock."""

    def __init__(
        self,
        pool: Pool,
        on_death: OnDeath,
        place: Place,
        supervisor: pykka.ActorRef[Any],
        dispatcher: pykka.ActorRef[Any],
        timers: Timers,
    ) -> None:
        super().__init__(pool, on_death)
        self._place = place
        self._supervisor = supervisor
        self._dispatcher = dispatcher
        self._timers = timers
        self._held: dict[JobId, Held] = {}
        self._flying: set[JobId] = set()
        self._lanes = Lanes(place.pace_s, self._wake)
        self._halted = ""
        self._collecting: dict[int, float] = {}  # strays by the time their message left
        self._wanted = 0
        self._watching = False

    @property
    def messages_out(self) -> int:
        """How many places in the dispatcher's window this actor holds."""
        return sum(held.message_out for held in self._held.values()) + len(self._collecting)

    @property
    def marketplace(self) -> str:
        return self._place.marketplace

    def begin(self) -> None:
        self._fill()

    def handle(self, message: Any) -> None:
        match message:
            case Take(jobs, strays):
                self._take(jobs, strays)
            case Reported(report):
                self._on_report(report)
            case Due(job):
                self._on_due(job)
            case StrayDue(stray):
                if stray.id not in self._collecting and not self._halted:
                    self._collect(stray)
            case Standing(halted):
                self._halted = halted
            case Watch():
                self._watch()
            case PaceDue(_):
                pass  # `_fill` below looks at every lane
            case _:
                super().handle(message)
        self._fill()

    # What came in

    def _take(self, jobs: tuple[QueuedJob, ...], strays: tuple[QueuedStray, ...]) -> None:
        for job in jobs:
            if job.id not in self._held:
                self._wanted = max(0, self._wanted - 1)
            self._put(job)
        for stray in strays:
            self._timers.after(stray.due_in_s, self.actor_ref, StrayDue(stray))

    def _put(self, job: QueuedJob) -> None:
        """Place a job as PostgreSQL has it now."""
        if job.final or job.behind:  # behind: an earlier job of its product was retried
            self._drop(job.id)
            return
        held = self._held.setdefault(job.id, Held(job))
        if held.awaits(job) and not held.overdue:
            return
        held.lost = held.lost + 1 if held.awaits(job) else 0
        self._land(held)
        held.job = job
        if job.in_flight:
            self._fly(held, job.deadline_in_s + AFTER_DEADLINE_S)
        elif job.cancelling and not job.verifying:
            tell(self._supervisor, CancelNow(job.id))
        elif job.due_in_s > 0:
            self._timers.after(job.due_in_s, self.actor_ref, Due(job.id))
        else:
            self._lanes.put(job)

    def _on_report(self, report: RunReport) -> None:
        held = self._held.get(report.job)
        if report.mode is RunMode.COLLECT:
            self._collected(report.task)
            return
        if held is None or _is_overtaken(held.job, report):
            return
        self._land(held)
        match report.move:
            case NextMove.NOTHING:
                self._drop(report.job)
            case NextMove.RELOAD | NextMove.SELLER:
                if held.job.paced and not held.job.verifying:
                    self._lanes.not_granted(held.job)
                self._fly(held, WATCH_S)
                tell(self._supervisor, Reload() if report.move is NextMove.SELLER else Reread((report.job,)))
            case NextMove.PLUGIN:
                held.job = replace(held.job, running=True, in_flight=True)
                self._fly(held, report.delay_s + AFTER_DEADLINE_S)
            case NextMove.RUN | NextMove.PACE | NextMove.LOOK:
                self._put(_follows(held.job, report))

    def _on_due(self, job: JobId) -> None:
        held = self._held.get(job)
        if held is not None and job not in self._flying and held.job.due_in_s > 0:
            held.job = replace(held.job, due_in_s=0.0)
            self._lanes.put(held.job)

    def _drop(self, job: JobId) -> None:
        held = self._held.pop(job, None)
        if held is not None:
            self._land(held)
            tell(self._supervisor, Finished(self._place.marketplace, job))

    # In flight or not

    def _fly(self, held: Held, patience_s: float) -> None:
        self._flying.add(held.job.id)
        held.since_s, held.patience_s, held.overdue = time.monotonic(), patience_s, False
        self._watch_after(patience_s)

    def _land(self, held: Held) -> None:
        self._flying.discard(held.job.id)
        if held.message_out:
            held.message_out = False
            tell(self._dispatcher, Freed(self._place.tenant))

    def _watch(self) -> None:
        """Read again what nothing was heard of; a deadline that passed is the sweeper's, which changes the row."""
        self._watching = False
        now_s = time.monotonic()
        overdue = [job for job in self._flying if now_s > self._held[job].since_s + self._held[job].patience_s]
        if overdue:
            self._place.sweep_soon(self._place.tenant)
            tell(self._supervisor, Reread(tuple(overdue)))
            for held in (self._held[job] for job in overdue):
                held.since_s, held.patience_s, held.overdue = now_s, WATCH_S, True
        for stray in [stray for stray, since_s in self._collecting.items() if now_s > since_s + COLLECT_S]:
            self._collected(stray)  # nothing was heard: it is read again with the tenant's next page
        if self._flying or self._collecting:
            waits_s = [self._held[job].since_s + self._held[job].patience_s - now_s for job in self._flying]
            self._watch_after(min(waits_s, default=WATCH_S))

    def _watch_after(self, wait_s: float) -> None:
        if not self._watching:
            self._watching = True
            self._timers.after(min(WATCH_S, max(AFTER_DEADLINE_S, wait_s)), self.actor_ref, Watch())

    def _collected(self, stray: int) -> None:
        if self._collecting.pop(stray, None) is not None:
            tell(self._dispatcher, Freed(self._place.tenant))

    # What goes out

    def _fill(self) -> None:
        """Permit what may go now, then ask for as many new jobs as there is room for."""
        if not self._halted:
            while len(self._flying) < self._place.cap and (job := self._lanes.take(self._may_go)) is not None:
                self._permit(self._held[job])
        room = self._place.cap - len(self._flying) - len(self._lanes) - self._wanted
        if room > 0 and not self._halted:
            self._wanted += room
            tell(self._supervisor, Want(self._place.marketplace, room))

    def _may_go(self, job: JobId) -> bool:
        return job in self._held and job not in self._flying

    def _wake(self, delay_s: float, action: str) -> None:
        self._timers.after(delay_s, self.actor_ref, PaceDue(action))

    def _permit(self, held: Held) -> None:
        job = held.job
        message = RunMessage(
            tenant=self._place.tenant,
            job=job.id,
            task=job.task,
            claims=job.claims,
            epoch=self._place.epoch,
            owner=self._place.me,
            mode=RunMode.LOOK if job.verifying else RunMode.ACT,
            permit=job.paced,
            stepwise=held.lost >= LOST_UNTIL_STEPWISE,
        )
        held.message_out = True
        self._fly(held, WATCH_S)
        tell(self._dispatcher, Offer(self._place.marketplace, message, started=job.running))

    def _collect(self, stray: QueuedStray) -> None:
        message = RunMessage(
            tenant=self._place.tenant,
            job=stray.job,
            task=TaskId(stray.id),
            claims=stray.claims,
            epoch=self._place.epoch,
            owner=self._place.me,
            mode=RunMode.COLLECT,
            permit=False,
            stepwise=False,
        )
        self._collecting[stray.id] = time.monotonic()
        self._watch_after(WATCH_S)
        tell(self._dispatcher, Offer(self._place.marketplace, message, started=False))


def _is_overtaken(job: QueuedJob, report: RunReport) -> bool:
    """Whether the plugin's answer was heard of before the run that asked: they come from different processes."""
    return report.move is NextMove.PLUGIN and (report.task, report.claims) <= (job.task, job.claims)


def _follows(job: QueuedJob, report: RunReport) -> QueuedJob:
    """Return the job as a report describes it, without reading it again."""
    return replace(
        job,
        running=True,
        task=report.task,
        claims=report.claims,
        paced=report.move is NextMove.PACE,
        verifying=report.move is NextMove.LOOK,
        in_flight=False,
        due_in_s=report.delay_s,
    )
