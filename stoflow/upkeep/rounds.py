"""Rounds: what is to be done for every tenant now and then, whether or not it has work."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.ids import TenantId
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import tenants_after

TENANTS_A_TURN = 20
ROUND_EVERY_S = 3600.0
BEGINNING = TenantId(0)


@dataclass(slots=True)
class Rounds:
    """One orchestrator's: some tenants a turn, then it rests until the next round. Several may go round at once.

    `act` does it for one tenant and returns how much it did; `doing` is for the logs.
    """

    database: Database
    act: Callable[[TenantId], int]
    doing: str
    clock: Callable[[], float] = time.monotonic
    after: TenantId = field(default=BEGINNING, init=False)
    resumes_at_s: float = field(default=0.0, init=False)

    def turn(self) -> int:
        """Go on with the next tenants; return how much was done."""
        if self.clock() < self.resumes_at_s:
            return 0
        failpoint("rounds.before")
        with self.database.records() as connection:
            tenants = tenants_after(connection, self.after, limit=TENANTS_A_TURN)
        failpoint("rounds.after")
        done = sum(map(self._act, tenants))
        self.after = tenants[-1] if len(tenants) == TENANTS_A_TURN else BEGINNING
        if self.after == BEGINNING:
            self.resumes_at_s = self.clock() + ROUND_EVERY_S
        return done

    def _act(self, tenant: TenantId) -> int:
        try:
            return self.act(tenant)
        except DatabaseRefused as error:  # one that is broken holds up no other
            record(database_failure(f"{self.doing} of tenant {tenant}", error))
            return 0
