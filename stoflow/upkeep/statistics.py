"""Statistics of days that are over, kept for when their jobs are no longer there."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.ids import TenantId
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database
from stoflow.storage.engine.retention import tenants_after
from stoflow.storage.engine.statistics import keep_days

TENANTS_A_TURN = 50
ROUND_EVERY_S = 3600.0
BEGINNING = TenantId(0)


@dataclass(slots=True)
class Statistics:
    """One orchestrator's rounds through all tenants; several may go round at once."""

    database: Database
    clock: Callable[[], float] = time.monotonic
    after: TenantId = field(default=BEGINNING, init=False)
    resumes_at_s: float = field(default=0.0, init=False)

    def turn(self) -> int:
        """Keep what is over of the next tenants; return how many rows were made. Between two rounds it rests."""
        if self.clock() < self.resumes_at_s:
            return 0
        failpoint("statistics.turn.before")
        with self.database.records() as connection:
            tenants = tenants_after(connection, self.after, limit=TENANTS_A_TURN)
        failpoint("statistics.turn.after")
        made = sum(map(self._keep, tenants))
        self.after = tenants[-1] if len(tenants) == TENANTS_A_TURN else BEGINNING
        if self.after == BEGINNING:
            self.resumes_at_s = self.clock() + ROUND_EVERY_S
        return made

    def _keep(self, tenant: TenantId) -> int:
        try:
            return self._keep_days(tenant)
        except DatabaseRefused as error:  # one that is broken holds up no other
            record(database_failure(f"counting what tenant {tenant} has done", error))
            return 0

    def _keep_days(self, tenant: TenantId) -> int:
        failpoint("statistics.before")
        with self.database.records() as connection:
            made = keep_days(connection, tenant)
        failpoint("statistics.after")
        return made
