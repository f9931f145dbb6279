"""What the supervisors of an orchestrator share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pykka

from stoflow.actors.loader import Loader
from stoflow.actors.mailbox import Pool
from stoflow.actors.permits import Permits
from stoflow.actors.places import place_of
from stoflow.actors.showing import Showing, nobody_looks
from stoflow.actors.timers import Timers
from stoflow.admission.facts import Conditions, Place
from stoflow.domain.ids import Epoch, ProcessId, TenantId
from stoflow.storage.engine.reads.queue import QueuePage


@dataclass(frozen=True, slots=True)
class Context:
    """What every supervisor of an orchestrator shares."""

    pool: Pool
    loader: Loader
    timers: Timers
    dispatcher: pykka.ActorRef[Any]
    me: ProcessId
    conditions: Conditions
    pace_s: Callable[[str, str], float]
    sweep_soon: Callable[[TenantId], None]
    page_size: int
    refusing: Callable[[], frozenset[str]]  # the marketplaces that refuse StoFlow's own application
    on_released: Callable[[TenantId, Epoch], None]
    showing: Showing = field(default_factory=nobody_looks)

    def place(self, tenant: TenantId, marketplace: str, known: QueuePage | None, *, refused: bool) -> Place:
        """Return what is known of the tenant's marketplace by the page that was read last, if one was."""
        return place_of(self.conditions, tenant, marketplace, known, refused=refused)

    def permits(self, tenant: TenantId, marketplace: str, epoch: Epoch) -> Permits:
        """Return what writes the tenant's permits there, as its owner under this epoch."""
        return Permits(
            tenant=tenant,
            marketplace=marketplace,
            epoch=epoch,
            me=self.me,
            cap=self.conditions.caps[marketplace],
            pace_s=lambda action: self.pace_s(marketplace, action),
            sweep_soon=self.sweep_soon,
        )
