"""What one tenant's flood costs the others: twenty tenants with one job each behind thousands of another's."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.figures import percentile
from benchmarks.peer import MakePeer, Peer, wait_until_done
from benchmarks.session import prepared, warm
from benchmarks.workload import FLOOD, STEP_OF_NEIGHBOUR_S, jobs

FLOODING = (1,)
NEIGHBOURS = range(2, 22)
TENANTS = 21
WITHIN_S = 150.0
BETWEEN_S = 0.3
SECOND_PROCESS_S = 0.5
WARM_ROUNDS = 2  # not counted: what a neighbour's first jobs load once, `warm` has loaded for those measured alone
# A round counts only where the flood still stands behind it.
LEFT_AT_LEAST = 1000

RATIO_AT_MOST = 1.5
ABOVE_ALONE_AT_MOST_MS = 60.0
BELOW_MS = 400.0


@dataclass(frozen=True, slots=True)
class Plan:
    flood: int = 5000
    rounds: int = 5


SHORT = Plan(flood=1500, rounds=2)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Medians over the rounds of each round's p50; `rounds` counts those that had the flood behind them."""

    alone_p50_ms: float
    behind_p50_ms: float
    behind_max_ms: float
    ratio: float
    rounds: int
    within_bound: bool


def measure(make: MakePeer, plan: Plan) -> Neighbour:
    """Measure one peer: alone on an idle system, then behind a queue filled before the workers started."""
    with warm(make, tenants=TENANTS) as (peer, _):
        alone = [_round(peer, f"alone{number}") for number in range(plan.rounds)]
    with prepared(make, tenants=TENANTS) as (peer, place):
        for job in jobs(FLOOD, plan.flood, tenants=FLOODING, step_s=STEP_OF_NEIGHBOUR_S):
            peer.enqueue(job)
        peer.start_workers()
        _wait_for(place.started_file)
        for number in range(WARM_ROUNDS):
            _round(peer, f"warm{number}")
        behind = list(_rounds_behind(peer, plan))
    alone_ms = median(percentile(latencies, 0.5) for latencies in alone)
    behind_ms = median(percentile(latencies, 0.5) for latencies in behind) if behind else float("nan")
    return Neighbour(
        alone_p50_ms=alone_ms,
        behind_p50_ms=behind_ms,
        behind_max_ms=max((max(latencies) for latencies in behind), default=float("nan")),
        ratio=behind_ms / alone_ms,
        rounds=len(behind),
        within_bound=behind_ms <= max(RATIO_AT_MOST * alone_ms, alone_ms + ABOVE_ALONE_AT_MOST_MS)
        and behind_ms < BELOW_MS,
    )


def _wait_for(started: Path) -> None:
    """Wait until workers run, and a moment more for the second process; not for a done job, which may come last."""
    ends_at = time.monotonic() + WITHIN_S
    while not started.exists() and time.monotonic() < ends_at:
        time.sleep(0.05)
    time.sleep(SECOND_PROCESS_S)


def _rounds_behind(peer: Peer, plan: Plan) -> Iterator[list[float]]:
    left_at_least = min(LEFT_AT_LEAST, plan.flood // 2)
    for number in range(plan.rounds):
        if plan.flood - len(peer.done_times(FLOOD)) < left_at_least:
            return
        yield _round(peer, f"behind{number}")


def _round(peer: Peer, name: str) -> list[float]:
    """Give each neighbour one job at once; return how long each took, in milliseconds."""
    time.sleep(BETWEEN_S)
    submitted: dict[str, float] = {}
    for job in jobs(name, len(NEIGHBOURS), tenants=NEIGHBOURS, step_s=STEP_OF_NEIGHBOUR_S):
        submitted[job.name] = time.time()
        peer.enqueue(job)
    wait_until_done(peer, name, len(submitted), within_s=WITHIN_S)
    done = peer.done_times(name)
    return [1000 * (done.get(job, time.time()) - at) for job, at in submitted.items()]
