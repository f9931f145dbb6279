"""CPU and memory of all processes of a measurement, by kind, while it lasts."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread

import psutil

from benchmarks.machine import Machine

EVERY_S = 0.5
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds over the measurement; peaks of the sums. PSS counts a shared page once, RSS once per process."""

    cpu_s: float
    cpu_s_by_kind: dict[str, float]
    peak_rss_mib: float
    peak_pss_mib: float
    peak_pss_mib_by_kind: dict[str, float] = field(default_factory=dict[str, float])


class Sampler:
    """Samples from `start` to `end`; a process that ends meanwhile counts up to its last sample."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._began: dict[tuple[str, int, float], float] = {}
        self._last: dict[tuple[str, int, float], float] = {}
        self._peak_rss = 0.0
        self._peak_pss: dict[str, float] = {}
        self._ended = Event()
        self._thread = Thread(target=self._run, daemon=True, name="sampler")

    def start(self) -> "Sampler":
        self._began = self._cpu()
        self._thread.start()
        return self

    def end(self) -> Usage:
        self._ended.set()
        self._thread.join()
        self._sample()
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
        while not self._ended.wait(EVERY_S):
            self._sample()

    def _sample(self) -> None:
        self._last |= self._cpu()
        self._peak_rss = max(self._peak_rss, sum(self._each(lambda process: process.memory_info().rss).values()))
        pss: dict[str, float] = defaultdict(float)
        for (kind, *_), size in self._each(_pss).items():
            pss[kind] += size
        if sum(pss.values()) > sum(self._peak_pss.values()):
            self._peak_pss = dict(pss)

    def _cpu(self) -> dict[tuple[str, int, float], float]:
        return self._each(lambda process: sum(process.cpu_times()[:2]))

    def _each(self, measure: Callable[[psutil.Process], float]) -> dict[tuple[str, int, float], float]:
        measured: dict[tuple[str, int, float], float] = {}
        for kind, process in self._machine.processes():
            with suppress(psutil.Error, OSError):  # it has ended
                measured[kind, process.pid, process.create_time()] = measure(process)
        return measured


def _pss(process: psutil.Process) -> float:
    return process.memory_full_info().pss
