"""How fast, how soon and at what cost: a burst of five-step jobs, then a trickle."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks.alone import measured_alone
from benchmarks.figures import medians, percentile
from benchmarks.machine import Machine
from benchmarks.peer import Peer, wait_until_done
from benchmarks.peers import make_peer
from benchmarks.sampling import Sampler
from benchmarks.session import warm
from benchmarks.workload import at_rate, jobs

TENANTS = 50
TRICKLE_PER_S = 20.0
WITHIN_S = 180.0


@dataclass(frozen=True, slots=True)
class Plan:
    jobs: int = 2000
    trickle_s: float = 15.0
    rounds: int = 3


SHORT = Plan(jobs=300, trickle_s=5.0, rounds=1)


@dataclass(frozen=True, slots=True)
class Throughput:
    """One round of one peer. Latency is from before the submit to the recorded completion."""

    done: int
    jobs_per_s: float
    submits_per_s: float
    cpu_ms_per_job: float
    cpu_s_by_kind: dict[str, float]
    peak_rss_mib: float
    peak_pss_mib: float
    trickle_p50_ms: float
    trickle_p99_ms: float
    trickle_cpu_ms_per_job: float


def compare(names: Sequence[str], plan: Plan) -> dict[str, Any]:
    """Run all peers in each round, since the machine changes between rounds; begin each round with another one."""
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for number in range(plan.rounds):
        shift = number % len(names)
        for name in [*names[shift:], *names[:shift]]:
            rounds[name].append(measured_alone("benchmarks.throughput:measure", name, plan.jobs, plan.trickle_s))
    return {
        "peers": {name: medians(measured) for name, measured in rounds.items()},
        "ratios": {name: ratio_to(measured, rounds["stoflow"]) for name, measured in rounds.items()}
        if "stoflow" in rounds
        else {},
        "rounds": rounds,
    }


def measure(name: str, jobs: int, trickle_s: float) -> dict[str, Any]:
    """Measure one peer once; return a Throughput's figures."""
    with warm(make_peer(name), tenants=TENANTS) as (peer, place):
        measured = burst(peer, place, jobs)
        trickle = _trickle(peer, place, trickle_s)
    return asdict(Throughput(**measured, **trickle))


def burst(peer: Peer, place: Machine, count: int, name: str = "burst") -> dict[str, Any]:
    """Let so many jobs come at once, whose names begin with this one; return the figures until the last has ended."""
    work = jobs(name, count, tenants=range(1, TENANTS + 1))
    sampler = Sampler(place).start()
    began_at = time.time()
    for job in work:
        peer.enqueue(job)
    submitted_at = time.time()
    wait_until_done(peer, name, count, within_s=WITHIN_S)
    usage = sampler.end()
    done = peer.done_times(name)
    if not done:
        message = f"{peer.name} did none of {count} jobs.\n{place.logs()}"
        raise RuntimeError(message)
    return {
        "done": len(done),
        "jobs_per_s": len(done) / (max(done.values()) - began_at),
        "submits_per_s": count / (submitted_at - began_at),
        "cpu_ms_per_job": 1000 * usage.cpu_s / len(done),
        "cpu_s_by_kind": usage.cpu_s_by_kind,
        "peak_rss_mib": usage.peak_rss_mib,
        "peak_pss_mib": usage.peak_pss_mib,
    }


def _trickle(peer: Peer, place: Machine, seconds: float) -> dict[str, Any]:
    work = jobs("trickle", int(TRICKLE_PER_S * seconds), tenants=range(1, TENANTS + 1))
    sampler, submitted = Sampler(place).start(), dict[str, float]()
    for job in at_rate(work, TRICKLE_PER_S):
        submitted[job.name] = time.time()
        peer.enqueue(job)
    wait_until_done(peer, "trickle", len(work), within_s=WITHIN_S)
    usage, done = sampler.end(), peer.done_times("trickle")
    latencies_ms = [1000 * (at - submitted[name]) for name, at in done.items()]
    return {
        "trickle_p50_ms": percentile(latencies_ms, 0.5),
        "trickle_p99_ms": percentile(latencies_ms, 0.99),
        "trickle_cpu_ms_per_job": 1000 * usage.cpu_s / len(work),
    }


def ratio_to(theirs: Sequence[dict[str, Any]], ours: Sequence[dict[str, Any]]) -> float:
    """Return how many times their jobs/s we did, as the median over the rounds."""
    return median(one["jobs_per_s"] / other["jobs_per_s"] for one, other in zip(ours, theirs, strict=True))
