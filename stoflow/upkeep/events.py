"""Events are numbered also where no page is open to ask for them, and are kept for a day."""

from dataclasses import dataclass

from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.database.session import Database
from stoflow.storage.events.numbering import NUMBERED_AT_ONCE, forget_events, number_events

TURNS_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Events:
    """One orchestrator's; several may turn at once."""

    database: Database

    def turn(self) -> None:
        """Number what is committed, and forget some of what is too old."""
        for _ in range(TURNS_AT_MOST):
            if self._number() < NUMBERED_AT_ONCE:
                break
        failpoint("events.forget.before")
        with self.database.records() as connection:
            forget_events(connection)
        failpoint("events.forget.after")

    def _number(self) -> int:
        failpoint("events.number.before")
        with self.database.records() as connection:
            numbered = number_events(connection)
        failpoint("events.number.after")
        return numbered
