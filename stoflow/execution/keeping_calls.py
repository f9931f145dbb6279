"""Writes the calls that were noted: all tenants' together, once a second."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stoflow.domain.errors import DatabaseRefused, DatabaseUnavailable
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.ids import TenantId
from stoflow.execution.calls import CallNotes, Noted
from stoflow.execution.engine import Engine
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database
from stoflow.storage.engine.calls import keep_calls
from stoflow.upkeep.ticking import Ticking

EVERY_S: Final = 1.0
TENANTS_A_TIME: Final = 50
DOING: Final = "keeping calls"


def keeping_calls(engine: Engine) -> Ticking:
    """Return what writes the calls of this process until it is stopped, the last of them then."""
    keeping = KeepingCalls(engine.database, engine.calls)
    return Ticking("calls", keeping.turn, every_s=EVERY_S, doing=DOING, finishes=True)


@dataclass(frozen=True, slots=True)
class KeepingCalls:
    """Writes what was noted, all tenants' together."""

    database: Database
    notes: CallNotes

    def turn(self) -> int:
        """Write what was noted; return how many calls. Raise DatabaseUnavailable, after which they wait on."""
        taken = self.notes.take()
        of_tenant: dict[TenantId, list[Noted]] = {}
        for noted in taken:
            of_tenant.setdefault(noted[0], []).append(noted)
        tenants = list(of_tenant)
        for at in range(0, len(tenants), TENANTS_A_TIME):
            self._write({tenant: of_tenant.pop(tenant) for tenant in tenants[at : at + TENANTS_A_TIME]}, of_tenant)
        return len(taken)

    def _write(self, now: Mapping[TenantId, list[Noted]], later: Mapping[TenantId, list[Noted]]) -> None:
        try:
            self._commit(now)
        except DatabaseUnavailable:
            self.notes.give_back([noted for of in (now, later) for calls in of.values() for noted in calls])
            raise
        except DatabaseRefused as error:
            if len(now) == 1:  # of a tenant whose tables are not as they should be, or are no more
                record(database_failure(DOING, error))
                return
            for tenant, calls in now.items():
                self._write({tenant: calls}, {})

    def _commit(self, of_tenant: Mapping[TenantId, list[Noted]]) -> None:
        failpoint("calls.before")
        with self.database.records() as connection, connection.pipeline():  # one round trip, however many tenants
            connection.execute("SET LOCAL synchronous_commit = off")  # what a crash takes with it is a second of notes
            for tenant, calls in of_tenant.items():
                keep_calls(connection, tenant, [(job, call) for _, job, call in calls])
        failpoint("calls.after")
