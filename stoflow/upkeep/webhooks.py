"""Deliveries are made from events: each event once for each webhook that wants it, by whoever moves the place on."""

import time
from dataclasses import dataclass, field

from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.ids import TenantId
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.resources.events.read import told_after
from stoflow.resources.webhooks.messages import message_of
from stoflow.storage.database.session import Database, Records
from stoflow.storage.webhooks.deliveries import (
    advance,
    forget_deliveries,
    make_deliveries,
    tenants_behind,
    wanted_events,
)

EVENTS_AT_ONCE = 200
AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Webhooks:
    """One orchestrator's; several may turn at once."""

    database: Database
    put_off: dict[TenantId, float] = field(default_factory=dict[TenantId, float])
    """Tenants whose tables are broken, with the time at which they are asked again."""

    def tell(self) -> int:
        """Make the deliveries of what happened; return how many."""
        failpoint("webhooks.behind.before")
        with self.database.records() as connection:
            behind = tenants_behind(connection)
        failpoint("webhooks.behind.after")
        return sum(self._tenant(tenant, place) for tenant, place in behind)

    def forget(self) -> None:
        """Forget some of the deliveries that came to an end long ago."""
        failpoint("webhooks.forget.before")
        with self.database.records() as connection:
            forget_deliveries(connection)
        failpoint("webhooks.forget.after")

    def _tenant(self, tenant: TenantId, place: int) -> int:
        if self.put_off.get(tenant, 0.0) > time.monotonic():
            return 0
        try:
            made = self._make(tenant, place)
        except DatabaseRefused as error:
            record(database_failure(f"telling the webhooks of tenant {tenant}", error))
            self.put_off[tenant] = time.monotonic() + AGAIN_S
            return 0
        self.put_off.pop(tenant, None)
        return made

    def _make(self, tenant: TenantId, place: int) -> int:
        failpoint("webhooks.make.before")
        with self.database.records() as connection:
            made = _make(connection, tenant, place)
        failpoint("webhooks.make.after")
        return made


def _make(connection: Records, tenant: TenantId, place: int) -> int:
    webhooks = wanted_events(connection, tenant)
    told = told_after(connection, tenant, place, EVENTS_AT_ONCE)
    messages = [message for event in told.events if (message := message_of(tenant, event))]
    if not advance(connection, tenant, before=place, after=told.last):
        return 0
    wanted = [(webhook, message) for message in messages for webhook, events in webhooks if message.type in events]
    return make_deliveries(connection, wanted)
