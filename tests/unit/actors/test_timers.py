"""One thread tells every actor of an orchestrator its time, however far off another one's is."""

from queue import SimpleQueue
from typing import Any, cast

from stoflow.actors.timers import Timers

WAIT_S = 10.0
LAST_YEAR_S = 975 * 366 * 86_400.0  # until which a job may be put off: longer than a thread can wait


class Told:
    """An actor's reference that keeps what it was told."""

    def __init__(self) -> None:
        self.messages = SimpleQueue[Any]()

    def tell(self, message: Any) -> None:
        self.messages.put(message)


def test_a_time_that_is_centuries_off_keeps_nobody_from_being_told_another_one() -> None:
    timers, told = Timers(), Told()
    timers.after(LAST_YEAR_S, cast("Any", told), "far off")
    timers.start()
    timers.after(0.1, cast("Any", told), "soon")

    assert told.messages.get(timeout=WAIT_S) == "soon"

    timers.after(0.1, cast("Any", told), "soon again")
    assert told.messages.get(timeout=WAIT_S) == "soon again"
    timers.stop()
