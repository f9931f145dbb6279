"""StoFlow without its monitoring, to know what that costs: nothing is heard, shown, counted or written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.stoflow_peer import StoflowPeer
from stoflow.execution.calls import CallNotes
from stoflow.monitoring.live.board import Board
from stoflow.monitoring.live.doing import Doing
from stoflow.monitoring.live.publisher import Publisher
from stoflow.upkeep.waiting import WaitingJobs

AT_ITS_START = "from benchmarks.unwatched import stop_watching\n\nstop_watching()\n"


class UnwatchedPeer(StoflowPeer):
    """Each of its processes is told at its start, by a module that Python itself looks for."""

    def start_workers(self) -> None:
        self.machine.site.mkdir(parents=True, exist_ok=True)
        (self.machine.site / "sitecustomize.py").write_text(AT_ITS_START)
        super().start_workers()


def stop_watching() -> None:
    """Let this process do nothing for those who watch."""
    for owner, names in ((Publisher, ("start", "stop")), (Board, ("show", "hide", "hear")), (WaitingJobs, ("want",))):
        for name in names:
            setattr(owner, name, _nothing)
    setattr(CallNotes, "begin", _no_note)  # noqa: B010 - as above, for a type checker that minds methods that change
    setattr(Doing, "at", _nowhere)  # noqa: B010


def _nothing(*_: object, **__: object) -> None:
    pass


def _no_note(*_: object) -> Callable[..., None]:
    return _nothing


@contextmanager
def _nowhere(*_: object) -> Iterator[None]:
    yield
