"""Metrics of the whole installation, as OpenMetrics: made when they are asked for, of the live view."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from stoflow.monitoring.live.series import (
    ATTEMPTS,
    BUCKETS_S,
    CALL_BUCKETS,
    CALL_SECONDS,
    CALLS,
    FACTS,
    JOBS,
    LABELS,
    SWEPT,
    parts_of,
)
from stoflow.resources.monitoring.causes import Question
from stoflow.resources.monitoring.rows import Row
from stoflow.resources.monitoring.snapshot import Snapshot

COUNTERS: Mapping[str, tuple[str, str]] = {
    JOBS: ("stoflow_jobs_ended", "Jobs that ended, by outcome and kind of failure."),
    ATTEMPTS: ("stoflow_attempts", "Acts, looks after unknown outcomes and collections, by what came of them."),
    CALLS: ("stoflow_calls", "Calls to marketplaces, by status; none where no answer came."),
    SWEPT: ("stoflow_swept_tasks", "Tasks that were freed since whoever did them was gone."),
    FACTS: ("stoflow_facts", "Everything that processes stated, by its name."),
}
KINDS = ("api", "orchestrator", "worker")
Values = Mapping[tuple[str, ...], float]


def exposition(found: Snapshot) -> bytes:
    """Return what Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Of(found))
    return generate_latest(registry)


class _Of(Collector):
    def __init__(self, found: Snapshot) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        counted = _by_name(self._found.counts)
        yield from _counters(counted)
        yield _call_seconds(counted)
        yield from _of_marketplaces(self._found.rows)
        yield from _of_processes(self._found)
        yield from _of_the_verdict(self._found)


def _by_name(counts: Mapping[str, float]) -> Mapping[str, Values]:
    """Return the counts by series; those of another release, with other labels, are left out."""
    found: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for series, value in counts.items():
        name, values = parts_of(series)
        if len(values) == len(LABELS.get(name, ("",) * 9)):
            found[name][values] = value
    return found


def _counters(counted: Mapping[str, Values]) -> Iterator[Metric]:
    for name, (metric, about) in COUNTERS.items():
        family = CounterMetricFamily(metric, about, labels=LABELS[name])
        for values, value in sorted(counted.get(name, {}).items()):
            family.add_metric(values, value)
        yield family


def _call_seconds(counted: Mapping[str, Values]) -> Metric:
    family = HistogramMetricFamily(
        "stoflow_call_seconds", "How long calls to marketplaces took.", labels=["marketplace"]
    )
    for (marketplace,), total_s in sorted(counted.get(CALL_SECONDS, {}).items()):
        within, buckets = 0.0, list[tuple[str, float]]()
        for bound in BUCKETS_S:
            within += counted[CALL_BUCKETS].get((marketplace, str(bound)), 0.0)
            buckets.append(("+Inf" if bound == float("inf") else str(bound), within))
        family.add_metric([marketplace], buckets, total_s)
    return family


def _gauge(name: str, about: str, labels: Sequence[str], values: Iterable[tuple[Sequence[str], float]]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for label, value in values:
        family.add_metric(label, value)
    return family


def _of_marketplaces(rows: Sequence[Row]) -> Iterator[Metric]:
    place = ("marketplace",)
    held = [((row.marketplace, kind), each.jobs) for row in rows for kind, each in sorted(row.waiting.items())]
    yield _gauge("stoflow_jobs_waiting", "Jobs that wait.", place, [((row.marketplace,), row.pending) for row in rows])
    yield _gauge("stoflow_jobs_held", "Jobs by what they wait for.", (*place, "hold"), held)
    in_flight = [((row.marketplace,), row.in_flight) for row in rows]
    yield _gauge("stoflow_jobs_in_flight", "Jobs that are permitted or under way.", place, in_flight)
    tenants = [((row.marketplace,), row.tenants) for row in rows]
    yield _gauge("stoflow_tenants_active", "Tenants with unfinished jobs.", place, tenants)


def _of_processes(found: Snapshot) -> Iterator[Metric]:
    facts, now = found.facts, found.at.timestamp()
    oldest = [((row.marketplace,), max(0.0, now - row.oldest)) for row in found.rows if row.oldest is not None]
    yield _gauge("stoflow_oldest_waiting_seconds", "Since when the oldest job waits.", ("marketplace",), oldest)
    living = [((kind,), len(facts.living_of(kind))) for kind in KINDS]
    yield _gauge("stoflow_processes", "Processes that hold a lease.", ("kind",), living)
    yield _gauge("stoflow_outbox_jobs", "Jobs no orchestrator has heard of.", (), [((), facts.outbox)])
    waited_s = max(0.0, now - facts.outbox_since.timestamp()) if facts.outbox_since else 0.0
    yield _gauge("stoflow_outbox_oldest_seconds", "Since when the oldest of them is.", (), [((), waited_s)])
    yield _gauge("stoflow_plugins_connected", "Plugins that are connected.", (), [((), facts.plugins)])
    yield _gauge("stoflow_database_pool", "Connections, and waits for one.", ("kind", "state"), _pools(found))


def _pools(found: Snapshot) -> list[tuple[Sequence[str], float]]:
    summed: dict[tuple[str, str], float] = defaultdict(float)
    for process in found.processes:
        for state, number in process.told.get("pools", {}).items():
            summed[process.kind, state] += number
    return [(labels, number) for labels, number in sorted(summed.items())]


def _of_the_verdict(found: Snapshot) -> Iterator[Metric]:
    answers = {each.question: float(each.yes) for each in found.verdict.answers}
    asked = [((str(question),), answers.get(question, 0.0)) for question in Question]
    yield _gauge("stoflow_well", "Whether work flows, jobs succeed, and the view is fresh.", ("question",), asked)
    causes = sorted({(each.kind, each.marketplace or "") for each in found.verdict.causes if each.harms})
    yield _gauge("stoflow_trouble", "What is wrong.", ("cause", "marketplace"), [(each, 1.0) for each in causes])
