"""Periodic jobs: each account's syncs and orders come round by themselves, spread over the period, never piled up."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from stoflow.domain.errors import Conflict, DatabaseRefused, InputError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.work import PeriodicRunRefused
from stoflow.domain.tempo import Tempo
from stoflow.marketplaces.registry import Registry
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.settings import Settings
from stoflow.storage.database.session import Database, Records
from stoflow.storage.engine.timetable import DueRun, Period, advance, is_unfinished, plan_runs, take_due

RUNS_A_TURN = 50
TURN_S = (0.25, 5.0)  # at most a twentieth of the shortest period late, within these


def periods(registry: Registry, settings: Settings) -> tuple[Period, ...]:
    """Return which actions come round by themselves, and how often."""
    every_s = {"listings": settings.sync_every_s, "orders": settings.orders_every_s}
    tempo = Tempo(settings.speed)
    return tuple(
        Period(place.name, spec.code, tempo.scaled_s(every_s[spec.periodic]))
        for place in registry.marketplaces.values()
        for spec in place.actions
        if spec.periodic and every_s[spec.periodic] > 0 and spec.code in place.handlers
    )


@dataclass(slots=True)
class Timetable:
    """One orchestrator's; several may turn at once. Without periods it does nothing."""

    database: Database
    registry: Registry
    periods: Sequence[Period]
    planned: bool = field(default=False, init=False)

    @property
    def turn_every_s(self) -> float:
        """How often to turn, in real seconds."""
        shortest_s = min((period.every_s for period in self.periods), default=TURN_S[1])
        return max(TURN_S[0], min(TURN_S[1], shortest_s / 20))

    def turn(self) -> int:
        """Submit the jobs whose time has come; return how many were made.

        A job is made before its time is moved on, under a key that names that time: a turn cut off is made again.
        """
        if not self.periods:
            return 0
        failpoint("timetable.before")
        with self.database.records() as connection:
            plan_runs(connection, self.periods, anew=not self.planned)
            made = sum(self._begin(connection, run) for run in take_due(connection, self.periods, limit=RUNS_A_TURN))
        failpoint("timetable.after")
        self.planned = True
        return made

    def _begin(self, connection: Records, run: DueRun) -> bool:
        made = self._make(run)
        every_s = next(p.every_s for p in self.periods if (p.marketplace, p.action) == (run.marketplace, run.action))
        advance(connection, run, every_s)
        return made

    def _make(self, run: DueRun) -> bool:
        """Make the run's job where none is under way; a tenant that is broken is passed over until its next time."""
        try:
            with self.database.records() as connection:
                unfinished = is_unfinished(connection, run)
            return not unfinished and self._submit(run)
        except DatabaseRefused as error:
            record(database_failure(f"planning for tenant {run.tenant}", error))
            return False

    def _submit(self, run: DueRun) -> bool:
        asked = SubmitJob(run.marketplace, run.action, idempotency_key=f"periodic:{run.action}:{run.at}")
        try:
            _, made = submit(self.database, self.registry, run.tenant, asked)
        except (InputError, Conflict) as error:
            record(PeriodicRunRefused(run.tenant, run.marketplace, str(error)))
            return False
        return made
