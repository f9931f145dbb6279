"""What is counted over all processes: which fact adds how much to which series, none of which names a tenant."""

from collections.abc import Iterator, Sequence
from math import inf

from stoflow.domain.facts.work import AttemptEnded, CallEnded, JobCompleted, JobFailed, TenantSwept
from stoflow.monitoring.logs import Fact

FACTS, JOBS, ATTEMPTS, CALLS, SWEPT = "facts", "jobs", "attempts", "calls", "swept"
CALL_SECONDS, CALL_BUCKETS = "call_seconds_sum", "call_seconds_bucket"
LABELS = {
    FACTS: ("fact",),
    JOBS: ("marketplace", "action", "outcome", "kind"),
    ATTEMPTS: ("marketplace", "action", "purpose", "outcome"),
    CALLS: ("marketplace", "code"),
    CALL_SECONDS: ("marketplace",),
    CALL_BUCKETS: ("marketplace", "le"),
    SWEPT: (),
}
"""The labels of each series, in the order of its name."""

BUCKETS_S: Sequence[float] = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, inf)
APART = "|"

Increments = Iterator[tuple[str, float]]


def increments(fact: Fact) -> Increments:
    """Yield what the fact adds, by series; each call falls into one bucket."""
    yield _named(FACTS, type(fact).__name__), 1
    match fact:
        case JobCompleted():
            yield _named(JOBS, fact.marketplace, fact.action, "completed", ""), 1
        case JobFailed():
            yield _named(JOBS, fact.marketplace, fact.action, "failed", fact.kind), 1
        case AttemptEnded():
            yield _named(ATTEMPTS, fact.marketplace, fact.action, fact.purpose, fact.outcome), 1
        case CallEnded():
            yield _named(CALLS, fact.marketplace, fact.code), 1
            yield _named(CALL_SECONDS, fact.marketplace), fact.lasted_s
            yield _named(CALL_BUCKETS, fact.marketplace, _bucket(fact.lasted_s)), 1
        case TenantSwept():
            yield SWEPT, fact.tasks
        case _:
            pass


def parts_of(series: str) -> tuple[str, tuple[str, ...]]:
    """Return the name and the labels' values."""
    name, *values = series.split(APART)
    return name, tuple(values)


def _named(name: str, *values: str) -> str:
    return APART.join((name, *(value.replace(APART, "_") for value in values)))


def _bucket(seconds: float) -> str:
    return str(next(bound for bound in BUCKETS_S if seconds <= bound))
