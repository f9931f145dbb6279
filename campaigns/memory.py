"""What each process of a crew holds as time goes by, and how fast that grows once it has warmed up."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from threading import Event, Thread

import psutil

from campaigns.crew import Crew

EVERY_S = 2.0
MIB = 2**20
MOST_POINTS = 200  # the slope is a median over their pairs
FORKED_TITLE = "stoflow "


@dataclass(frozen=True, slots=True)
class Growth:
    """Of one process: what it held when it had warmed up and at the end, and the median slope between any two times."""

    name: str
    began_mib: float
    ended_mib: float
    mib_per_min: float


Series = list[tuple[float, float]]
"""Monotonic seconds, and what was held then in MiB."""


@dataclass(slots=True)
class Watch:
    """Looks at the members of these names and at all they started, until it is ended; sets of a dead process end."""

    crew: Crew
    names: Sequence[str]
    _series: dict[tuple[str, int], Series] = field(default_factory=dict[tuple[str, int], Series])
    _ended: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> "Watch":
        self._thread = Thread(target=self._run, name="memory", daemon=True)
        self._thread.start()
        return self

    def end(self) -> Mapping[tuple[str, int], Series]:
        """Return what was seen, by what a process calls itself and its pid."""
        assert self._thread is not None
        self._ended.set()
        self._thread.join()
        return self._series

    def _run(self) -> None:
        while not self._ended.wait(EVERY_S):
            for name in self.names:
                for member in self.crew.named(name):
                    self._look(name, member.pid)

    def _look(self, name: str, pid: int) -> None:
        with suppress(psutil.Error):
            first = psutil.Process(pid)
            for process in (first, *first.children(recursive=True)):
                with suppress(psutil.Error):
                    title = title_of(" ".join(process.cmdline())) if process.pid != pid else name
                    held = process.memory_info().rss / MIB
                    self._series.setdefault((title, process.pid), []).append((time.monotonic(), held))


def title_of(command: str) -> str:
    """Return what a forked process calls itself; of another program the last word of its command."""
    if command.startswith(FORKED_TITLE):
        return command.split()[1]
    return (command.split() or ["gone"])[-1]


def growths(seen: Mapping[tuple[str, int], Series], *, warm_at_s: float, end_s: float) -> list[Growth]:
    """Return how each process grew from `warm_at_s` to `end_s`, if it lived all that while."""
    found: list[Growth] = []
    for (name, pid), series in sorted(seen.items()):
        warm = [point for point in series if warm_at_s <= point[0] <= end_s]
        lived = series[0][0] <= warm_at_s and series[-1][0] >= end_s - 2 * EVERY_S
        if lived and len(warm) > 1:
            found.append(Growth(f"{name} {pid}", warm[0][1], warm[-1][1], slope_of(warm)))
    return found


def slope_of(series: Sequence[tuple[float, float]]) -> float:
    """Return by how much it grows a minute: the median over pairs of times, which a single leap does not move."""
    thinned = series[:: max(1, len(series) // MOST_POINTS)]
    slopes = [
        60 * (later[1] - earlier[1]) / (later[0] - earlier[0])
        for number, earlier in enumerate(thinned)
        for later in thinned[number + 1 :]
    ]
    return median(slopes)
