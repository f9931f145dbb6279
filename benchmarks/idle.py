"""What an installation without work costs: `stoflow up` with its servers, ten tenants and one plugin connected."""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks.machine import Machine
from benchmarks.peer import PROCESSES
from benchmarks.sampling import Sampler
from benchmarks.session import warm
from benchmarks.stoflow_api import api_of
from benchmarks.stoflow_peer import StoflowPeer

TENANTS = 10
# A tenant with nothing left to do is owned, and swept, for thirty seconds: the jobs before are no part of idling.
SETTLE_S = 45.0
# The client measures, and the plugin is somebody else's machine.
NOT_OURS = frozenset({"client", "plugin"})
AT_MOST_PERCENT = 2.0
AT_MOST_MIB = 300.0
UP = "up"
TITLE = "stoflow"
MIB = 2**20


class UpPeer(StoflowPeer):
    """The whole of StoFlow in one terminal."""

    def start_workers(self) -> None:
        self.start_api(UP, "--workers", str(PROCESSES))

    def stand_still(self) -> None:
        """Begin anew: ten minutes after its first jobs each connection has been replaced by one that did none."""
        self.database.close()
        self.machine.end_processes()
        self.start_workers()


@dataclass(frozen=True, slots=True)
class ByTitle:
    """A machine on which whatever `stoflow up` started is a kind of its own."""

    machine: Machine

    def processes(self) -> Iterator[tuple[str, psutil.Process]]:
        """Yield each living process with what it says that it is."""
        for kind, process in self.machine.processes():
            with suppress(psutil.NoSuchProcess):
                yield (_title(process) or kind if kind == UP else kind), process


@dataclass(frozen=True, slots=True)
class Idle:
    """PSS counts a page that processes share once; RSS is what each of a kind has mapped, the largest one of it."""

    seconds: float
    percent_of_a_core: float
    percent_by_kind: Mapping[str, float]
    pss_mib: float
    pss_mib_by_kind: Mapping[str, float]
    rss_mib_by_kind: Mapping[str, float]
    within_bound: bool


def measure(seconds: float) -> Idle:
    """Let everything stand for so long."""
    with warm(UpPeer, tenants=TENANTS) as (peer, machine):
        assert isinstance(peer, UpPeer)
        peer.stand_still()
        api, place = api_of(peer, machine), ByTitle(machine)
        # No command comes, so nobody calls this sandbox.
        plugin = ("--url", api.url, "--token", api.token(peer.tenants[0]), "--sandbox", "http://127.0.0.1:1")
        peer.start("plugin", "plugin", *plugin)
        time.sleep(SETTLE_S)
        sampler = Sampler(place).start()
        time.sleep(seconds)
        usage = sampler.end()
        rss = _largest(place)
    percent = {kind: 100 * cpu_s / seconds for kind, cpu_s in _ours(usage.cpu_s_by_kind).items()}
    pss = _ours(usage.peak_pss_mib_by_kind)
    is_within = sum(percent.values()) <= AT_MOST_PERCENT and sum(pss.values()) <= AT_MOST_MIB
    return Idle(seconds, sum(percent.values()), percent, sum(pss.values()), pss, _ours(rss), is_within)


def _ours(by_kind: Mapping[str, float]) -> Mapping[str, float]:
    return {kind: value for kind, value in by_kind.items() if kind not in NOT_OURS}


def _largest(place: ByTitle) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for kind, process in place.processes():
        with suppress(psutil.NoSuchProcess):
            found[kind] = max(found.get(kind, 0.0), process.memory_info().rss / MIB)
    return found


def _title(process: psutil.Process) -> str:
    """Return the command in a forked process's title, "" where it has none."""
    program, _, rest = " ".join(process.cmdline()).partition(" ")
    return rest.split()[0] if program == TITLE and rest.split() else ""
