"""Metrics of the whole installation: made when they are asked for, of the live view."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from stoflow.monitoring.live.durations import Durations
from stoflow.monitoring.live.series import (
    ATTEMPTS,
    CALL_SECONDS,
    CALLS,
    DURATIONS,
    FACTS,
    JOB_SECONDS,
    JOBS,
    LABELS,
    SUM,
    SWEPT,
    TASK_SECONDS,
    parts_of,
)
from stoflow.resources.monitoring.causes import Question
from stoflow.resources.monitoring.exposition import DurationsFamily
from stoflow.resources.monitoring.snapshot import Snapshot

COUNTERS: Mapping[str, tuple[str, str]] = {
    JOBS: ("stoflow_jobs_ended", "Jobs that ended, by outcome and kind of failure."),
    ATTEMPTS: ("stoflow_attempts", "Acts, looks after unknown outcomes and collections, by what came of them."),
    CALLS: ("stoflow_calls", "Calls to marketplaces, by status; none where no answer came."),
    SWEPT: ("stoflow_swept_tasks", "Tasks that were freed since whoever did them was gone."),
    FACTS: ("stoflow_facts", "Everything that processes stated, by its name."),
}
TIMED: Mapping[str, tuple[str, str]] = {
    JOB_SECONDS: ("stoflow_job_seconds", "How long jobs took from their start, where a worker ended them."),
    TASK_SECONDS: ("stoflow_task_seconds", "How long attempts at tasks took, from claim to outcome."),
    CALL_SECONDS: ("stoflow_call_seconds", "How long calls to marketplaces took."),
}
KINDS = ("api", "orchestrator", "worker")
Values = Mapping[tuple[str, ...], float]


def metrics_of(found: Snapshot) -> Iterator[Metric]:
    """Yield what Prometheus reads."""
    counted = _by_name(found.counts)
    yield from _counters(counted)
    yield from _timed(counted)
    yield from _of_marketplaces(found)
    yield from _of_processes(found)
    yield from _of_the_verdict(found)


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


def _timed(counted: Mapping[str, Values]) -> Iterator[Metric]:
    for name, (metric, about) in TIMED.items():
        buckets: dict[tuple[str, ...], dict[int, int]] = defaultdict(dict)
        for (*labels, number), count in counted.get(name, {}).items():
            buckets[tuple(labels)][int(number)] = round(count)
        totals = counted.get(name + SUM, {})
        values = {labels: Durations(totals.get(labels, 0.0), found) for labels, found in buckets.items()}
        yield DurationsFamily(metric, about, DURATIONS[name], values)


def _gauge(name: str, about: str, labels: Sequence[str], values: Iterable[tuple[Sequence[str], float]]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for label, value in values:
        family.add_metric(label, value)
    return family


def _of_marketplaces(found: Snapshot) -> Iterator[Metric]:
    rows, now, place, of_hold = found.rows, found.at.timestamp(), ("marketplace",), ("marketplace", "hold")
    held = [((row.marketplace, kind), each) for row in rows for kind, each in sorted(row.waiting.items())]
    yield _gauge("stoflow_jobs_waiting", "Jobs that wait.", place, [((row.marketplace,), row.pending) for row in rows])
    yield _gauge("stoflow_jobs_held", "Jobs by what they wait for.", of_hold, [(at, each.jobs) for at, each in held])
    oldest = [((row.marketplace,), max(0.0, now - row.oldest)) for row in rows if row.oldest is not None]
    yield _gauge("stoflow_oldest_waiting_seconds", "Since when the oldest job waits.", place, oldest)
    ages = [(at, max(0.0, now - each.oldest)) for at, each in held if each.oldest is not None]
    yield _gauge("stoflow_oldest_held_seconds", "The oldest job's age by what it waits for.", of_hold, ages)
    in_flight = [((row.marketplace,), row.in_flight) for row in rows]
    yield _gauge("stoflow_jobs_in_flight", "Jobs that are permitted or under way.", place, in_flight)
    tenants = [((row.marketplace,), row.tenants) for row in rows]
    yield _gauge("stoflow_tenants_active", "Tenants with unfinished jobs.", place, tenants)
    yield from _calls_left(found)


def _calls_left(found: Snapshot) -> Iterator[Metric]:
    """Yield what marketplaces told last of calls that are left for the application, as long as it is true."""
    every = (each for process in found.processes for each in process.told.get("calls_left", ()))
    told: dict[tuple[str, str], Mapping[str, Any]] = {}
    for each in sorted(every, key=itemgetter("at")):
        if each["until"] > found.at.timestamp():
            told[each["marketplace"], each["window"]] = each
    labels = ("marketplace", "window")
    for metric, about, name in (
        ("stoflow_calls_left", "Calls that are left, as the marketplace told last.", "left"),
        ("stoflow_calls_limit", "Calls that there are in such a window, as the marketplace told.", "most"),
    ):
        values = [(at, each[name]) for at, each in sorted(told.items()) if each[name] is not None]
        yield _gauge(metric, about, labels, values)


def _of_processes(found: Snapshot) -> Iterator[Metric]:
    facts, now = found.facts, found.at.timestamp()
    living = [((kind,), len(facts.living_of(kind))) for kind in KINDS]
    yield _gauge("stoflow_processes", "Processes that hold a lease.", ("kind",), living)
    leases = [((kind,), min(each.lease_s for each in facts.living_of(kind))) for kind in KINDS if facts.living_of(kind)]
    yield _gauge("stoflow_lease_left_seconds", "What is left of the lease that ends first.", ("kind",), leases)
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
