"""The supervisors of the tenants this orchestrator owns: started, told, restarted, let go."""

import threading
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pykka

from stoflow.actors.mailbox import PooledActor
from stoflow.actors.news import Announced, Reported
from stoflow.actors.supervisor import Context, TenantSupervisor
from stoflow.actors.timers import tell
from stoflow.domain.facts.work import ActorFailed, TenantTaken
from stoflow.domain.ids import Epoch, TenantId
from stoflow.domain.run import RunReport
from stoflow.monitoring.record import record
from stoflow.storage.engine.ownership import Announcement
from stoflow.storage.engine.reads.queue import QueuedJob


class Tenants:
    """Looked up here and never in Pykka's registry, which is linear."""

    def __init__(self, around: Context) -> None:
        self._context = around
        self._owned: dict[TenantId, tuple[Epoch, pykka.ActorRef[Any]]] = {}
        self._lock = threading.RLock()
        self._random = Random()

    def __len__(self) -> int:
        return len(self._owned)

    def __contains__(self, tenant: TenantId) -> bool:
        return tenant in self._owned

    @property
    def epochs(self) -> Mapping[TenantId, Epoch]:
        """Return whom this orchestrator decides for, and under which epoch."""
        with self._lock:
            return {tenant: epoch for tenant, (epoch, _) in self._owned.items()}

    def take(self, tenant: TenantId, epoch: Epoch, work: Sequence[QueuedJob] = ()) -> None:
        """Begin to decide for a tenant under this epoch; `work` is all that it has, where that is known."""
        with self._lock:
            self.drop(tenant)
            ref = TenantSupervisor.start(self._context, self._on_death, tenant, epoch, tuple(work))
            self._owned[tenant] = (epoch, ref)
        record(TenantTaken(tenant, epoch))

    def drop(self, tenant: TenantId) -> None:
        """Forget a tenant that is owned by somebody else, or by another epoch of ours."""
        with self._lock:
            known = self._owned.pop(tenant, None)
        if known is not None:
            known[1].stop(block=False)

    def release(self, tenant: TenantId, epoch: Epoch) -> None:
        """Forget a tenant that was idle under this epoch; one that came back meanwhile has another."""
        with self._lock:
            known = self._owned.get(tenant)
            if known is not None and known[0] == epoch:
                self.drop(tenant)

    def stop(self) -> None:
        with self._lock:
            for tenant in tuple(self._owned):
                self.drop(tenant)

    def announce(self, news: Sequence[Announcement]) -> None:
        for announcement in news:
            known = self._owned.get(announcement.tenant)
            if known is not None:
                tell(known[1], Announced(announcement.jobs, announcement.described))

    def tell_all(self, message: object) -> None:
        """Tell every supervisor."""
        with self._lock:
            owned = [ref for _, ref in self._owned.values()]
        for ref in owned:
            tell(ref, message)

    def tell_some(self, message: object, count: int) -> None:
        """Tell at most so many, chosen anew each time."""
        with self._lock:
            owned = [ref for _, ref in self._owned.values()]
        for ref in self._random.sample(owned, min(count, len(owned))):
            tell(ref, message)

    def report(self, reports: Sequence[RunReport]) -> None:
        for report in reports:
            known = self._owned.get(report.tenant)
            if known is not None:
                tell(known[1], Reported(report))

    def _on_death(self, actor: PooledActor, error: BaseException) -> None:
        """Runs in the dying supervisor's turn: its successor begins with what PostgreSQL knows."""
        assert isinstance(actor, TenantSupervisor)
        record(ActorFailed("supervisor", actor.tenant, f"{type(error).__name__}: {error}"))
        with self._lock:
            known = self._owned.get(actor.tenant)
            if known is not None and known[1] == actor.actor_ref:
                self._owned[actor.tenant] = (known[0], self._start_again(actor.tenant, known[0]))

    def _start_again(self, tenant: TenantId, epoch: Epoch) -> pykka.ActorRef[Any]:
        return TenantSupervisor.start(self._context, self._on_death, tenant, epoch)
