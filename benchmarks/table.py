"""The figures that StoFlow is to reach, each beside what a run found: `python -m benchmarks --table`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]
"""What each measurement found, by its name."""

MANY_TENANTS = 5_000
SOME_TENANTS = 500


@dataclass(frozen=True, slots=True)
class Target:
    """One figure: the measurement that finds it, how it is read, and what it may be. `unit` follows the number."""

    figure: str
    measurement: str
    read: Callable[[Any], float]
    bound: float
    unit: str = ""
    is_least: bool = False

    def is_held(self, value: float) -> bool:
        return value >= self.bound if self.is_least else value <= self.bound


@dataclass(frozen=True, slots=True)
class Line:
    """`value` is None where the measurement did not find it: it was not made, or a peer was left out."""

    target: Target
    value: float | None

    @property
    def is_held(self) -> bool | None:
        return None if self.value is None else self.target.is_held(self.value)


def _of_active(active: int, name: str) -> Callable[[Any], float]:
    """Return what reads one cost of so many tenants with work; a run with fewer has none."""

    def read(many: Any) -> float:
        return next(cost[name] for cost in many["costs"] if cost["active"] == active)

    return read


def _of_peer(name: str, peer: str = "stoflow") -> Callable[[Any], float]:
    return lambda found: found["peers"][peer][name]


def _largest_slope(found: Any) -> float:
    return max(each["mib_per_min"] for each in found["growths"])


TARGETS: Sequence[Target] = (
    Target("throughput, 50 tenants, beside DBOS", "throughput", lambda one: one["ratios"]["dbos"], 6.0, " ×", True),
    Target(
        "throughput, 50 tenants, beside Dramatiq", "throughput", lambda one: one["ratios"]["dramatiq"], 1.0, " ×", True
    ),
    Target("CPU a job, 500 active tenants ÷ 50", "many", _of_active(SOME_TENANTS, "times_few"), 1.25, " ×"),
    Target("CPU a job, 5,000 active tenants ÷ 50", "many", _of_active(MANY_TENANTS, "times_few"), 1.5, " ×"),
    Target(
        "peak PSS, 50 tenants ÷ DBOS's",
        "throughput",
        lambda one: _of_peer("peak_pss_mib")(one) / _of_peer("peak_pss_mib", "dbos")(one),
        1.0,
        " ×",
    ),
    Target("peak PSS, 5,000 active tenants", "many", _of_active(MANY_TENANTS, "peak_pss_mib"), 900.0, " MiB"),
    Target("idle installation, memory", "idle", lambda one: one["pss_mib"], 300.0, " MiB"),
    Target("idle installation, of a core", "idle", lambda one: one["percent_of_a_core"], 1.5, " %"),
    Target("RSS of a worker process", "idle", lambda one: one["rss_mib_by_kind"]["worker-process"], 75.0, " MiB"),
    Target("RSS of an api", "idle", lambda one: one["rss_mib_by_kind"]["api"], 95.0, " MiB"),
    Target("p50 at 20 jobs/s", "throughput", _of_peer("trickle_p50_ms"), 8.0, " ms"),
    Target("p99 at 20 jobs/s", "throughput", _of_peer("trickle_p99_ms"), 20.0, " ms"),
    Target("neighbour behind 5,000 queued", "neighbour", lambda one: one["stoflow"]["ratio"], 1.15, " ×"),
    Target("`stoflow --help`, CPU", "help", lambda one: one["cpu_s"], 0.25, " s"),
    Target("`stoflow --help`, memory", "help", lambda one: one["rss_mib"], 45.0, " MiB"),
    Target("restart over 1,000,000 pending", "pending", lambda one: one["restart_s"], 5.0, " s"),
    Target("files of an empty tenant", "empty-tenant", lambda one: one["files"], 50.0),
    Target("creating tenant 5,000 ÷ tenant 10", "many", lambda one: one["making"]["times_early"], 1.3, " ×"),
    Target("all killed with -9: answers again", "recovery", lambda one: one["answers_s"], 15.0, " s"),
    Target("a mixed hour: largest slope of a process", "soak", _largest_slope, 0.1, " MiB/min"),
)

MEASURED: Sequence[str] = tuple(dict.fromkeys(target.measurement for target in TARGETS))
"""The measurements that the table needs, each once."""


def lines_of(results: Results) -> list[Line]:
    """Return each target whose measurement was made, with what was found."""
    return [
        Line(target, _read(target, results[target.measurement])) for target in TARGETS if target.measurement in results
    ]


def worded(lines: Sequence[Line]) -> str:
    """Return the table as Markdown."""
    head = ["| figure | target | found | held |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *(_row(line) for line in lines)])


def _read(target: Target, found: Any) -> float | None:
    try:
        return float(target.read(found))
    except (KeyError, StopIteration, ValueError):
        return None


def _row(line: Line) -> str:
    target = line.target
    bound = f"{'≥' if target.is_least else '≤'} {target.bound:,g}{target.unit}"
    found = "not measured" if line.value is None else f"{_number(line.value)}{target.unit}"
    held = {True: "yes", False: "NO", None: ""}[line.is_held]
    return f"| {target.figure} | {bound} | {found} | {held} |"


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"
