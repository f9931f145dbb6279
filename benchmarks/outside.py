"""`python -m benchmarks.outside FOLDER`: StoFlow as one of the peers of another harness, beside what ours says.

FOLDER holds a `bench.py` with `w5(peer, infra, tag, jobs, tenants, within_s)`, `PEERS` by name, and a `common.py` with
`Infra` and `Peer`. Both harnesses take turns on this machine; what is compared is how many times a peer's jobs a second
StoFlow does.
"""

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.alone import measured_alone
from benchmarks.machine import Machine
from benchmarks.stoflow_peer import StoflowPeer
from benchmarks.workload import BenchJob
from stoflow.storage.servers.keeping import ServerUrls

TENANTS = 50
JOBS = 2000
TRICKLE_S = 1.0
WARM = 40
WITHIN_S = 180.0


class Lent(Machine):
    """What a peer of ours asks of a machine, on another harness's servers, which counts and ends what is started."""

    def __init__(self, infra: Any) -> None:
        self.infra = infra
        self.home = Path(infra.dir)
        self.site = self.home / "site"
        self.urls = ServerUrls(infra.pg_uri, infra.redis_url)

    def python(self, kind: str, arguments: Sequence[str], env: Mapping[str, str]) -> int:
        started = self.infra.spawn(kind, [sys.executable, *arguments], {**env, "PYTHONPATH": self.path})
        return int(started.pid)

    def end_processes(self) -> None:
        self.infra.stop()


def as_peer(base: type[Any]) -> type[Any]:
    """Return StoFlow as a class of the harness, made of its own for peers."""

    class Stoflow(base):
        name = "stoflow"
        pg = redis = True

        def setup(self) -> None:
            self.peer = StoflowPeer(Lent(self.infra))
            self.peer.setup(tenants=TENANTS)

        def start_workers(self) -> None:
            self.peer.start_workers()

        def open(self) -> None:
            self.peer.open()

        def close(self) -> None:
            self.peer.stop()

        def enqueue(self, given: Mapping[str, Any]) -> None:
            self.peer.enqueue(BenchJob(given["job"], int(given["tenant"][1:]) + 1, given["nap"]))

        def done_times(self, prefix: str) -> Mapping[str, float]:
            return self.peer.done_times(prefix)

    return Stoflow


def measure(folder: Path, name: str) -> float:
    """Return a peer's jobs a second as the harness counts them."""
    sys.path.insert(0, str(folder))
    harness = importlib.import_module("bench")
    common = importlib.import_module("common")
    make = as_peer(common.Peer) if name == "stoflow" else harness.PEERS[name]
    infra = common.Infra(pg=make.pg, redis=make.redis)
    try:
        peer = make(infra)
        peer.setup()
        peer.start_workers()
        peer.open()
        peer.enqueue_many([common.make_job("warm", number, f"t{number}") for number in range(WARM)])
        if not harness.wait_done(peer, "warm", WARM, WITHIN_S):
            raise RuntimeError(infra.logs())
        found = harness.w5(peer, infra, "w5", JOBS, TENANTS, WITHIN_S)
        peer.close()
    finally:
        infra.close()
    return float(found["jobs_s"])


def main() -> int:
    """Print both harnesses' ratios; return 1 where they are more than a tenth apart."""
    arguments = _parser().parse_args()
    if arguments.peer:
        print(json.dumps(measure(arguments.folder, arguments.peer)))
        return 0
    names = ["stoflow", *arguments.beside.split(",")]
    theirs: dict[str, list[float]] = {name: [] for name in names}
    ours: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(arguments.rounds):
        for name in names:
            theirs[name].append(_of_another_process(arguments.folder, name))
            found = measured_alone("benchmarks.throughput:measure", name, JOBS, TRICKLE_S)
            ours[name].append(found["jobs_per_s"])
    return max(_told(name, theirs, ours) for name in names[1:])


def _of_another_process(folder: Path, name: str) -> float:
    """Measure where nothing is imported that a peer would not import itself."""
    command = [sys.executable, "-m", "benchmarks.outside", str(folder), "--peer", name]
    return float(
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    )


def _told(name: str, theirs: Mapping[str, list[float]], ours: Mapping[str, list[float]]) -> int:
    there, here = (
        median(own / other for own, other in zip(found["stoflow"], found[name], strict=True))
        for found in (theirs, ours)
    )
    apart = abs(there / here - 1)
    print(f"StoFlow does {there:.2f} × {name} there and {here:.2f} × here: {apart:.0%} apart", flush=True)
    return int(apart > 0.1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outside", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the other harness is")
    parser.add_argument("--beside", default="dramatiq,dbos", help="which of its peers, with commas between")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", default="", help="measure only this one, there, and print its jobs a second")
    return parser


if __name__ == "__main__":
    sys.exit(main())
