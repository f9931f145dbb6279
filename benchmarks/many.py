"""What a job costs as more sellers have work: thousands of tenants in one installation, ever more of them active."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.figures import percentile
from benchmarks.machine import Machine, machine
from benchmarks.peer import wait_until_done
from benchmarks.sampling import Sampler, Usage
from benchmarks.stoflow_peer import StoflowPeer
from benchmarks.workload import jobs

WARM_UP_JOBS = 40
WITHIN_S = 900.0
LOOK_EVERY_S = 1.0
NEAR = 21  # the first tenants and the last ones, whose making is compared: the middle of the first is about the tenth


@dataclass(frozen=True, slots=True)
class Plan:
    """`active` tenants have work, from few to all there are; each has a job at least."""

    active: Sequence[int] = (50, 500, 5_000)
    jobs: int = 2_000


SHORT = Plan(active=(10, 40), jobs=80)


@dataclass(frozen=True, slots=True)
class Cost:
    """`first` is the first time that each tenant's tables are touched by these processes, `warm` the second."""

    active: int
    jobs: int
    first_cpu_ms: float
    warm_cpu_ms: float
    peak_pss_mib: float
    warm_cpu_ms_by_kind: dict[str, float]
    peak_pss_mib_by_kind: dict[str, float]


def measure(active: Sequence[int], jobs: int) -> dict[str, Any]:
    """Make all tenants, then let so many of them have work, each time with new processes."""
    plan = Plan(active, jobs)
    with machine() as place:
        peer = StoflowPeer(place)
        try:
            making_ms = _made(peer, max(plan.active))
            peer.open()
            costs = [_measured(peer, place, plan, active) for active in plan.active]
        finally:
            peer.stop()
    return told(costs, making_ms)


def _made(peer: StoflowPeer, tenants: int) -> list[float]:
    peer.setup(tenants=0)
    spent_ms: list[float] = []
    for _ in range(tenants):
        began_at = time.perf_counter()
        peer.add_tenant()
        spent_ms.append(1000 * (time.perf_counter() - began_at))
    return spent_ms


def _measured(peer: StoflowPeer, place: Machine, plan: Plan, active: int) -> Cost:
    peer.start_workers()
    _done(peer, place, f"warm{active}", WARM_UP_JOBS, range(1, min(active, WARM_UP_JOBS) + 1))
    count = max(plan.jobs, active)
    first = _done(peer, place, f"first{active}", count, range(1, active + 1))
    warm = _done(peer, place, f"again{active}", count, range(1, active + 1))
    place.end_processes()
    return Cost(
        active=active,
        jobs=count,
        first_cpu_ms=1000 * first.cpu_s / count,
        warm_cpu_ms=1000 * warm.cpu_s / count,
        warm_cpu_ms_by_kind={kind: 1000 * cpu_s / count for kind, cpu_s in warm.cpu_s_by_kind.items()},
        peak_pss_mib=warm.peak_pss_mib,
        peak_pss_mib_by_kind=warm.peak_pss_mib_by_kind,
    )


def _done(peer: StoflowPeer, place: Machine, name: str, count: int, tenants: Sequence[int]) -> Usage:
    sampler = Sampler(place).start()
    for job in jobs(name, count, tenants=tenants):
        peer.enqueue(job)
    if not wait_until_done(peer, name, count, within_s=WITHIN_S, every_s=LOOK_EVERY_S):
        message = f"Of {count} jobs of {len(tenants)} tenants some were not done.\n{place.logs()}"
        raise RuntimeError(message)
    return sampler.end()


def told(costs: Sequence[Cost], making_ms: Sequence[float]) -> dict[str, Any]:
    """Return the costs with what is compared: with those of the fewest active tenants, and with the first tenants'."""
    few_ms = costs[0].warm_cpu_ms
    early_ms, late_ms = percentile(making_ms[:NEAR], 0.5), percentile(making_ms[-NEAR:], 0.5)
    return {
        "costs": [_beside(asdict(cost), few_ms) for cost in costs],
        "making": {"early_ms": early_ms, "late_ms": late_ms, "times_early": late_ms / early_ms},
    }


def _beside(cost: dict[str, Any], few_ms: float) -> dict[str, Any]:
    """Return a cost with how many times the cost of few it is, right after what it is of."""
    shown = {name: cost.pop(name) for name in ("active", "jobs", "first_cpu_ms", "warm_cpu_ms")}
    return {**shown, "times_few": shown["warm_cpu_ms"] / few_ms, **cost}
