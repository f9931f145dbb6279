"""A thread that does one thing again and again, and survives what goes wrong with it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.processes import Stumbled
from stoflow.monitoring.record import record

JOIN_S: Final = 10.0
RESTS_AFTER: Final = 3  # turns with nothing to do: what was done a moment ago may be followed by more


@dataclass(frozen=True, slots=True)
class Turn:
    """What goes on by itself; `doing` is for the logs. Times are real seconds, `idle_s` as of Ticking."""

    name: str
    take: Callable[[], object]
    every_s: float
    doing: str
    idle_s: float = 0.0


class Ticking:
    """`turn` is called every `every_s`; `doing` says in the logs what it was at when it failed.

    With `idle_s` it rests for so long each time once it answers that there was nothing to do, unless it is woken. With
    `finishes` it is called once more when it is stopped.
    """

    def __init__(
        self,
        name: str,
        turn: Callable[[], object],
        *,
        every_s: float,
        doing: str,
        idle_s: float = 0.0,
        finishes: bool = False,
    ) -> None:
        self._turn = turn
        self._every_s = every_s
        self._idle_s = idle_s
        self._doing = doing
        self._finishes = finishes
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @classmethod
    def of(cls, turn: Turn) -> Self:
        return cls(turn.name, turn.take, every_s=turn.every_s, doing=turn.doing, idle_s=turn.idle_s)

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def wake(self) -> None:
        """End its rest: there may be something to do."""
        self._woken.set()

    def stop(self) -> None:
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        fruitless = 0
        while not self._stopping.wait(self._every_s):
            fruitless = 0 if self._take() else fruitless + 1
            if fruitless >= RESTS_AFTER and self._woken.wait(self._idle_s):
                self._woken.clear()
                fruitless = 0
        if self._finishes:
            self._take()

    def _take(self) -> bool:
        """Take a turn; return whether there was something to do."""
        try:
            return bool(self._turn())
        except DatabaseError as error:
            record(database_failure(self._doing, error))
        except Exception as error:  # noqa: BLE001 - without this thread nobody would do it again
            record(Stumbled(self._doing, f"{type(error).__name__}: {error}"))
        return False
