"""Throughput with and without monitoring: two installations side by side, one burst here and one there, in turns.

The machine is another one from minute to minute, so only bursts that follow each other are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.figures import percentile
from benchmarks.session import warm
from benchmarks.stoflow_peer import StoflowPeer
from benchmarks.throughput import TENANTS, burst
from benchmarks.unwatched import UnwatchedPeer

FIGURES = ("jobs_per_s", "cpu_ms_per_job")


@dataclass(frozen=True, slots=True)
class Plan:
    pairs: int = 24
    jobs: int = 500  # of each burst


SHORT = Plan(2, 60)


def compare(plan: Plan) -> dict[str, Any]:
    """Return the medians of both, and the median of the ratios of each pair with what half of them lie between."""
    with warm(StoflowPeer, tenants=TENANTS) as watched, warm(UnwatchedPeer, tenants=TENANTS) as unwatched:
        both, pairs = {"watched": watched, "unwatched": unwatched}, list[dict[str, dict[str, Any]]]()
        for number in range(plan.pairs):
            order = list(both) if number % 2 else list(reversed(both))
            pairs.append({name: burst(*both[name], plan.jobs, f"burst{number}-") for name in order})
    return {
        **{f"{figure}_{name}": _median(pairs, name, figure) for name in both for figure in FIGURES},
        **_ratio("of_unwatched", [_share(pair, "watched", "unwatched", "jobs_per_s") for pair in pairs]),
        **_ratio("of_unwatched_by_cpu", [_share(pair, "unwatched", "watched", "cpu_ms_per_job") for pair in pairs]),
    }


def _median(pairs: Sequence[dict[str, dict[str, Any]]], name: str, figure: str) -> float:
    return median(pair[name][figure] for pair in pairs)


def _share(pair: dict[str, dict[str, Any]], one: str, other: str, figure: str) -> float:
    return pair[one][figure] / pair[other][figure]


def _ratio(name: str, shares: Sequence[float]) -> dict[str, float]:
    return {
        name: median(shares),
        f"{name}_quarter": percentile(shares, 0.25),
        f"{name}_three_quarters": percentile(shares, 0.75),
    }
