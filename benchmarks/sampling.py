"""CPU and memory of all processes of a measurement, by kind, while it lasts."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Protocol

import psutil

EVERY_S = 0.5
FULL_EVERY = 4  # samples: looking for new processes and reading PSS cost what is measured some milliseconds each
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds over the measurement; peaks of the sums. PSS counts a shared page once, RSS once per process."""

    cpu_s: float
    cpu_s_by_kind: dict[str, float]
    peak_rss_mib: float
    peak_pss_mib: float
    peak_pss_mib_by_kind: dict[str, float] = field(default_factory=dict[str, float])


class Place(Protocol):
    def processes(self) -> Iterator[tuple[str, psutil.Process]]:
        """Yield each living process with its kind."""
        ...


Seen = tuple[str, int, float]
"""A process by its kind, its pid and when it began: pids are used again."""


class Sampler:
    """Samples from `start` to `end`; a process that ends meanwhile counts up to its last sample.

    New processes are looked for every two seconds: one that has begun and ended in between is not seen.
    """

    def __init__(self, machine: Place) -> None:
        self._machine = machine
        self._processes: dict[Seen, psutil.Process] = {}
        self._began: dict[Seen, float] = {}
        self._last: dict[Seen, float] = {}
        self._peak_rss = 0.0
        self._peak_pss: dict[str, float] = {}
        self._ended = Event()
        self._thread = Thread(target=self._run, daemon=True, name="sampler")

    def start(self) -> "Sampler":
        self._sample(full=True)
        self._began = dict(self._last)
        self._thread.start()
        return self

    def end(self) -> Usage:
        self._ended.set()
        self._thread.join()
        self._sample(full=True)
        by_kind: dict[str, float] = defaultdict(float)
        for process, cpu_s in self._last.items():
            by_kind[process[0]] += cpu_s - self._began.get(process, 0.0)
        return Usage(
            cpu_s=sum(by_kind.values()),
            cpu_s_by_kind=dict(by_kind),
            peak_rss_mib=self._peak_rss / MIB,
            peak_pss_mib=sum(self._peak_pss.values()) / MIB,
            peak_pss_mib_by_kind={kind: size / MIB for kind, size in self._peak_pss.items()},
        )

    def _run(self) -> None:
        count = 0
        while not self._ended.wait(EVERY_S):
            self._sample(full=count % FULL_EVERY == 0)
            count += 1

    def _sample(self, *, full: bool) -> None:
        if full:
            self._find_processes()
        rss, pss = 0.0, defaultdict[str, float](float)
        for seen, process in self._processes.items():
            with suppress(psutil.Error, OSError), process.oneshot():  # or it has ended
                self._last[seen] = sum(process.cpu_times()[:2])
                rss += process.memory_info().rss
                if full:
                    pss[seen[0]] += process.memory_full_info().pss
        self._peak_rss = max(self._peak_rss, rss)
        if sum(pss.values()) > sum(self._peak_pss.values()):
            self._peak_pss = dict(pss)

    def _find_processes(self) -> None:
        found: dict[Seen, psutil.Process] = {}
        for kind, process in self._machine.processes():
            with suppress(psutil.Error):
                found[kind, process.pid, process.create_time()] = process
        self._processes = found
