"""Retention: what ended longer ago than the operator keeps it is forgotten, a few jobs at a time."""

import time
from dataclasses import dataclass, field

from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.ids import JobId, TenantId
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database
from stoflow.storage.engine.retention import (
    ForgottenPage,
    forget_empty_batches,
    forget_old_jobs,
    tenants_after,
)

JOBS_A_TIME = 500
TENANTS_A_TURN = 20
ROUND_EVERY_S = 3600.0
BEGINNING = TenantId(0)


def forget_ended(database: Database, tenant: TenantId, *, days: float, only_count: bool = False) -> int:
    """Forget the tenant's jobs that ended more than `days` ago, and batches without a job; return how many jobs.

    A page is a transaction of its own, so nobody waits long for what is held; one that is cut off is done again.
    """
    forgotten, after = 0, JobId(0)
    while after is not None:
        page = _forget_page(database, tenant, days, after, only_count=only_count)
        forgotten, after = forgotten + page.forgotten, page.last
    if not only_count:
        failpoint("retention.batches.before")
        with database.records() as connection:
            forget_empty_batches(connection, tenant, days=days)
        failpoint("retention.batches.after")
    return forgotten


def _forget_page(database: Database, tenant: TenantId, days: float, after: JobId, *, only_count: bool) -> ForgottenPage:
    failpoint("retention.before")
    with database.records() as connection:
        page = forget_old_jobs(connection, tenant, days=days, after=after, limit=JOBS_A_TIME, only_count=only_count)
    failpoint("retention.after")
    return page


@dataclass(slots=True)
class Retention:
    """One orchestrator's: some tenants a turn, everybody once an hour; with `days` 0 everything is kept for ever."""

    database: Database
    days: float
    after: TenantId = field(default=BEGINNING, init=False)
    resumes_at_s: float = field(default=0.0, init=False)

    def turn(self) -> int:
        """Forget what is old of the next tenants; return how many jobs. Several may at once."""
        if not self.days or time.monotonic() < self.resumes_at_s:
            return 0
        failpoint("retention.turn.before")
        with self.database.records() as connection:
            tenants = tenants_after(connection, self.after, limit=TENANTS_A_TURN)
        failpoint("retention.turn.after")
        forgotten = sum(self._forget(tenant) for tenant in tenants)
        self.after = tenants[-1] if len(tenants) == TENANTS_A_TURN else BEGINNING
        if self.after == BEGINNING:
            self.resumes_at_s = time.monotonic() + ROUND_EVERY_S
        return forgotten

    def _forget(self, tenant: TenantId) -> int:
        try:
            return forget_ended(self.database, tenant, days=self.days)
        except DatabaseRefused as error:  # one that is broken holds up no other
            record(database_failure(f"forgetting old jobs of tenant {tenant}", error))
            return 0
