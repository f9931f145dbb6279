"""Events are numbered also where no page is open to ask for them, then webhooks are told; each is kept for a day."""

from dataclasses import dataclass

from stoflow.monitoring.failpoints import failpoint
from stoflow.storage.database.session import Database
from stoflow.storage.events.numbering import NUMBERED_AT_ONCE, forget_events, number_events
from stoflow.upkeep.webhooks import Webhooks

TURNS_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Events:
    """One orchestrator's; several may turn at once."""

    database: Database
    webhooks: Webhooks

    def turn(self) -> int:
        """Number what is committed, and have webhooks told of it; return how much was done."""
        return self.number() + self.webhooks.tell()

    def number(self) -> int:
        """Number what is committed; return how many events."""
        numbered = 0
        for _ in range(TURNS_AT_MOST):
            page = self._number_page()
            numbered += page
            if page < NUMBERED_AT_ONCE:
                break
        return numbered

    def forget(self) -> None:
        """Forget some of what is too old to be asked for."""
        failpoint("events.forget.before")
        with self.database.records() as connection:
            forget_events(connection)
        failpoint("events.forget.after")
        self.webhooks.forget()

    def _number_page(self) -> int:
        failpoint("events.number.before")
        with self.database.records() as connection:
            numbered = number_events(connection)
        failpoint("events.number.after")
        return numbered
