"""A thread that does one thing again and again, and survives what goes wrong with it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.processes import Stumbled
from stoflow.monitoring.record import record

JOIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Turn:
    """What goes on by itself beside the actors; `every_s` in real seconds, `doing` for the logs."""

    name: str
    take: Callable[[], object]
    every_s: float
    doing: str


class Ticking:
    """`turn` is called every `every_s`; `doing` says in the logs what it was at when it failed."""

    def __init__(self, name: str, turn: Callable[[], object], *, every_s: float, doing: str) -> None:
        self._turn = turn
        self._every_s = every_s
        self._doing = doing
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @classmethod
    def of(cls, turn: Turn) -> Self:
        return cls(turn.name, turn.take, every_s=turn.every_s, doing=turn.doing)

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self._turn()
            except DatabaseError as error:
                record(database_failure(self._doing, error))
            except Exception as error:  # noqa: BLE001 - without this thread nobody would do it again
                record(Stumbled(self._doing, f"{type(error).__name__}: {error}"))
