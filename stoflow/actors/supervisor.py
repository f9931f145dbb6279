"""A tenant's supervisor: owns its job queue, paged from PostgreSQL, and the marketplace actors under it."""

from collections.abc import Mapping
from typing import Any

import pykka

from stoflow.actors.backlog import Backlog
from stoflow.actors.branch import Branch
from stoflow.actors.context import Context
from stoflow.actors.followers import Followers, Line
from stoflow.actors.idling import Idling
from stoflow.actors.mailbox import OnDeath, PooledActor
from stoflow.actors.marketplace import MarketplaceActor
from stoflow.actors.news import (
    Announced,
    CancelNow,
    ChildDied,
    Finished,
    IdleCheck,
    JobsRead,
    MayTry,
    PageRead,
    PlaceRead,
    RefusalsChanged,
    Released,
    Reload,
    Reported,
    Reread,
    Take,
    Want,
)
from stoflow.actors.paging import Paging
from stoflow.actors.timers import tell
from stoflow.admission.asking import judge_place
from stoflow.admission.facts import Place
from stoflow.domain.facts.work import ActorFailed
from stoflow.domain.ids import Epoch, JobId, TenantId
from stoflow.monitoring.record import record
from stoflow.storage.engine.reads.queue import QueuedJob, QueuePage

MANY = 50  # announced at once: too many to be read one by one


class TenantSupervisor(PooledActor):
    """Hands the most urgent jobs to the marketplace that has room, restarts what died, ends when idle."""

    def __init__(
        self, around: Context, on_death: OnDeath, tenant: TenantId, epoch: Epoch, work: tuple[QueuedJob, ...] = ()
    ) -> None:
        """`work` is all that the tenant has to do, where that was announced; else its page is read."""
        super().__init__(around.pool, on_death)
        self._context = around
        self._tenant = tenant
        self._epoch = epoch
        self._branches: dict[str, Branch] = {}
        self._refusing = around.refusing()
        self._full: frozenset[str] = frozenset()
        self._followers = Followers()
        self._paging = Paging(self._ask_page)
        self._work = work
        self._idling = Idling(
            self._is_idle, lambda wait_s, deeds: around.timers.after(wait_s, self.actor_ref, IdleCheck(deeds))
        )

    @property
    def tenant(self) -> TenantId:
        return self._tenant

    def begin(self) -> None:
        if self._work:
            self._on_announced((), self._work)
        else:
            self._paging.load(at_leisure=True)  # who takes over thousands of tenants reads as many pages

    def handle(self, message: Any) -> None:  # noqa: C901, PLR0912  one case per message
        match message:
            case Reported(report):
                self._route(report.marketplace, message)
            case Want(marketplace, count):
                self._branches[marketplace].room += count
                self._serve(marketplace)
            case Finished(marketplace, job):
                self._on_finished(marketplace, job)
            case JobsRead(jobs):
                self._arrive_all(jobs)
            case PageRead(page, at_leisure):
                self._on_page(page, at_leisure=at_leisure)
            case Announced(jobs, described):
                self._on_announced(jobs, described)
            case Reread(jobs):
                self._paging.load_first()
                self._context.loader.jobs(self.actor_ref, self._tenant, jobs)
            case CancelNow(job):
                self._context.loader.cancel(self.actor_ref, self._tenant, job)
            case Reload(at_leisure):
                self._paging.load(at_leisure=at_leisure)
            case RefusalsChanged(refusing):
                self._on_refusals(refusing)
            case MayTry(marketplace):
                if marketplace in self._branches:
                    tell(self._branches[marketplace].actor, message)
            case ChildDied(marketplace):
                self._restart(marketplace)
            case IdleCheck(deeds):
                if self._idling.has_rested(deeds):
                    self._release()
            case Released(kept):
                self._on_released(kept=kept)
            case _:
                super().handle(message)

    def on_stop(self) -> None:
        """Take the marketplace actors along, however this one ends: released, owned by somebody else, or dead."""
        for branch in self._branches.values():
            branch.actor.stop(block=False)

    # What came from PostgreSQL

    def _ask_page(self, at_leisure: bool) -> None:  # noqa: FBT001 - as it is called
        known = [job for branch in self._branches.values() for job in branch.known]
        self._context.loader.page(self.actor_ref, self._tenant, known, self._context.page_size, at_leisure=at_leisure)

    def _on_page(self, page: QueuePage, *, at_leisure: bool) -> None:
        jobs = self._paging.take(page, at_leisure=at_leisure)
        if jobs is None:
            return
        self._full = page.full
        self._tell_places()
        self._arrive_all(jobs)
        for orphan in page.orphans:
            tell(self._branch(orphan.marketplace).actor, Take((), (orphan,)))
        if page.later_in_s is not None:
            self._context.timers.after(page.later_in_s, self.actor_ref, Reload())
        self._paging.load_again()

    def _place(self, marketplace: str) -> Place:
        refused = marketplace in self._refusing
        return self._context.place(self._tenant, marketplace, self._paging.known, refused=refused)

    def _tell_places(self) -> None:
        for marketplace, branch in self._branches.items():
            tell(branch.actor, PlaceRead(self._place(marketplace)))

    def _on_refusals(self, refusing: frozenset[str]) -> None:
        """Hold what is for a marketplace that refuses StoFlow; what is for one that no longer does is read again."""
        accepted, self._refusing = self._refusing - refusing, refusing
        self._tell_places()
        if accepted & self._branches.keys():
            self._paging.load()

    def _on_announced(self, jobs: tuple[JobId, ...], described: tuple[QueuedJob, ...]) -> None:
        if 0 in jobs or len(jobs) + len(described) > MANY:
            self._paging.load()  # something about the tenant, or a flood: the page holds what matters of it
        if len(jobs) + len(described) > MANY:
            return
        named = {job for job in jobs if job}
        for job in described:
            if self._is_believed(job):
                self._arrive_all((job,))
            else:
                named.add(job.id)
        if named:
            self._paging.load_first()
            self._context.loader.jobs(self.actor_ref, self._tenant, tuple(named))

    def _is_believed(self, job: QueuedJob) -> bool:
        """Whether a new job is as it was described, for all that is known here: PostgreSQL is asked of any other."""
        if job.marketplace not in self._context.conditions.caps or self._paging.knows_nothing_yet:
            return False
        branch = self._branches.get(job.marketplace)
        if branch is not None and branch.has(job.id):
            return False
        if job.product is None:
            return True
        is_alone = branch is None or not branch.concerns(job.product)
        is_first = is_alone and not self._followers.any_of(job.marketplace, job.product)
        return is_first and job.marketplace not in self._full

    def _arrive_all(self, jobs: tuple[QueuedJob, ...]) -> None:
        for job in jobs:
            self._arrive(job)
        if ended := {job.id: (job.marketplace, job.product) for job in jobs if job.final and not self._is_held(job)}:
            self._read_followers(ended)  # cancelled, or expired
        for marketplace in tuple(self._branches):
            self._serve(marketplace)
        if jobs:
            self._context.showing.arrived(self._tenant)
        self._idling.note_deed()

    def _arrive(self, job: QueuedJob) -> None:
        self._followers.note(job)
        if self._is_held(job):
            tell(self._branches[job.marketplace].actor, Take((job,)))
            return
        if job.marketplace in self._branches:
            self._branches[job.marketplace].queue.remove(job.id)  # as it stood before
        if job.final or job.behind:
            return
        if job.running:
            self._branch(job.marketplace).hold(job)
        elif job.due_in_s > 0:
            self._context.timers.after(job.due_in_s, self.actor_ref, Announced((job.id,)))
        elif not self._branch(job.marketplace).queue.put(job):
            self._full |= {job.marketplace}  # what was left out is read again when its turn comes

    def _is_held(self, job: QueuedJob) -> bool:
        return job.marketplace in self._branches and job.id in self._branches[job.marketplace].held

    # What goes to the marketplaces

    def _branch(self, marketplace: str) -> Branch:
        if marketplace not in self._branches:
            self._begin(marketplace, Backlog(self._context.page_size * 2))
        return self._branches[marketplace]

    def _begin(self, marketplace: str, queue: Backlog) -> None:
        branch = self._branches[marketplace] = Branch(self._start(marketplace), queue)
        tell(branch.actor, PlaceRead(self._place(marketplace)))

    def _start(self, marketplace: str) -> pykka.ActorRef[Any]:
        around = self._context
        permits = around.permits(self._tenant, marketplace, self._epoch)
        return MarketplaceActor.start(
            around.pool,
            self._on_child_death,
            permits,
            self.actor_ref,
            around.dispatcher,
            around.timers,
            around.showing.touched,
        )

    def _serve(self, marketplace: str) -> None:
        branch = self._branches[marketplace]
        branch.serve()
        if marketplace in self._full and branch.runs_low and not judge_place(self._place(marketplace)).stops_new:
            self._paging.load()

    def _route(self, marketplace: str, message: Reported) -> None:
        branch = self._branches.get(marketplace)
        if branch is None or not tell(branch.actor, message):
            self._paging.load_first()
            self._context.loader.jobs(self.actor_ref, self._tenant, (message.report.job,))

    # Ends

    def _on_finished(self, marketplace: str, job: JobId) -> None:
        held = self._branches[marketplace].held
        if job not in held:  # nobody can say who waited for it
            self._paging.load()
        product = held.pop(job, None)
        self._paging.note_end(job)
        self._read_followers({job: (marketplace, product)})
        self._idling.note_deed()

    def _read_followers(self, ended: Mapping[JobId, Line]) -> None:
        """Read those again that waited for these jobs, which have ended."""
        if waited := tuple(self._followers.next_of(set(ended.values()))):
            self._context.loader.jobs(self.actor_ref, self._tenant, waited)
        if self._followers.end(ended.keys()):
            self._paging.load()

    def _is_idle(self) -> bool:
        return not self._paging.awaits and all(branch.is_idle for branch in self._branches.values())

    def _release(self) -> None:
        self._paging.begin_release()
        self._context.loader.release(self.actor_ref, self._tenant, self._epoch)

    def _on_released(self, *, kept: bool) -> None:
        self._paging.end_release()
        if kept:
            self._paging.load()
        else:
            self.stop()
            self._context.on_released(self._tenant, self._epoch)

    def _on_child_death(self, actor: PooledActor, error: BaseException) -> None:
        """Runs in the dying actor's turn: tell its supervisor."""
        assert isinstance(actor, MarketplaceActor)
        record(ActorFailed("marketplace", self._tenant, f"{type(error).__name__}: {error}"))
        tell(self.actor_ref, ChildDied(actor.marketplace))

    def _restart(self, marketplace: str) -> None:
        self._begin(marketplace, self._branches[marketplace].queue)
        self._paging.load()
