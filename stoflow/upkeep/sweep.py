"""The sweep: frees what nobody will answer for. It changes rows and announces them; it never sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from stoflow.domain.errors import DatabaseRefused
from stoflow.domain.facts.accounts import ConnectionTried
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.processes import ProcessDied
from stoflow.domain.facts.work import LooksDied, TenantSwept
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database
from stoflow.storage.engine.commands import set_gone_with_apis
from stoflow.storage.engine.due import tenants_to_sweep
from stoflow.storage.engine.operations import forget_late
from stoflow.storage.engine.ownership import announce
from stoflow.storage.engine.processes import forget_dead, mark_expired_dead
from stoflow.storage.engine.sweep import sweep_tenant, take_sweep, tenants_with_work

DEATHS_UNTIL_TOLD = 3
TENANTS_A_PAGE = 50
ROWS_A_TENANT = 200
BEGINNING = TenantId(0)


class Page(Enum):
    """What became of a page of tenants."""

    MORE_FOLLOW = auto()
    THE_LAST = auto()
    SOMEBODY_ELSES = auto()  # who sweeps just now


@dataclass(slots=True)
class Sweep:
    """One sweeper of one orchestrator; `quiet_s` is the wait before a first look, in real seconds by marketplace.

    `plugins` are the marketplaces that are asked through the seller's plugin.
    """

    database: Database
    quiet_s: Mapping[str, float]
    plugins: Sequence[str]
    after: TenantId = BEGINNING
    known_dead: frozenset[ProcessId] = field(default_factory=frozenset[ProcessId])
    broken: set[TenantId] = field(default_factory=set[TenantId])

    def mark_dead(self) -> bool:
        """Declare expired processes dead; True where somebody died since the last call."""
        failpoint("mark_dead.before")
        with self.database.planned_records() as connection:
            deaths = mark_expired_dead(connection)
        failpoint("mark_dead.after")
        for process, death in deaths.items():
            if death.now:
                record(ProcessDied(death.kind, process, "its lease ended"))
        dead = frozenset(deaths)
        news = dead - self.known_dead
        if any(deaths[process].kind == "api" for process in news):
            failpoint("plugins.gone.before")
            with self.database.records() as connection:
                set_gone_with_apis(connection)
            failpoint("plugins.gone.after")
        self.known_dead = dead
        return bool(news)

    def everyone(self) -> bool:
        """Sweep every tenant with work, page by page; False where it came to no end, as somebody else sweeps."""
        self.after = BEGINNING
        while (swept := self.next_page()) is Page.MORE_FOLLOW:
            pass
        return swept is Page.THE_LAST

    def next_page(self) -> Page:
        """Sweep the next tenants; behind the last page the next call begins anew."""
        failpoint("sweep.page.before")
        with self.database.records() as connection:
            if not take_sweep(connection):
                return Page.SOMEBODY_ELSES
            tenants = tenants_with_work(connection, after=self.after, limit=TENANTS_A_PAGE)
            forget_late(connection)
            forget_dead(connection)
        failpoint("sweep.page.after")
        self.tenants(tenants)
        self.after = tenants[-1] if len(tenants) == TENANTS_A_PAGE else BEGINNING
        return Page.MORE_FOLLOW if self.after != BEGINNING else Page.THE_LAST

    def tenants(self, tenants: Sequence[TenantId]) -> None:
        """Sweep those of whom anything is due, each in a transaction of its own: a broken one holds up no other."""
        for tenant in self._due(tenants):
            try:
                self._tenant(tenant)
            except DatabaseRefused as error:
                self.broken.add(tenant)
                record(database_failure(f"sweeping tenant {tenant}", error))
            else:
                self.broken.discard(tenant)

    def _due(self, tenants: Sequence[TenantId]) -> Sequence[TenantId]:
        """Return whom to sweep: one that is broken is not asked, as that would be the end of what the others are asked
        with, and of the plans of its connection."""
        sound = [tenant for tenant in tenants if tenant not in self.broken]
        try:
            due = tenants_to_sweep(self.database, sound, dead=self.known_dead)
        except DatabaseRefused:
            return tenants
        return [tenant for tenant in tenants if tenant in self.broken or tenant in due]

    def _tenant(self, tenant: TenantId) -> None:
        failpoint("sweep.before")
        with self.database.records() as connection:
            swept = sweep_tenant(
                connection,
                tenant,
                dead=self.known_dead,
                quiet_s=self.quiet_s,
                plugins=self.plugins,
                limit=ROWS_A_TENANT,
            )
            for job in {*swept.tasks, *swept.ended}:
                announce(connection, tenant, job)
        failpoint("sweep.after")
        for failed in swept.failed:
            record(failed)
        for marketplace in swept.tried:
            record(ConnectionTried(tenant, marketplace))
        if swept.tasks or swept.ended:
            record(TenantSwept(tenant, len(swept.tasks), len(swept.ended)))
        for look in swept.looks:
            if look.deaths >= DEATHS_UNTIL_TOLD:
                record(LooksDied(tenant, look.job, look.task, look.deaths))
