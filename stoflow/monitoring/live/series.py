"""What is counted over all processes: which fact adds how much to which series, none of which names a tenant."""

from collections.abc import Iterator
from functools import lru_cache

from stoflow.domain.facts.work import AttemptEnded, CallEnded, JobCompleted, JobFailed, TenantSwept
from stoflow.monitoring.live.durations import bucket_of
from stoflow.monitoring.logs import Fact

FACTS, JOBS, ATTEMPTS, CALLS, SWEPT = "facts", "jobs", "attempts", "calls", "swept"
JOB_SECONDS, TASK_SECONDS, CALL_SECONDS = "job_seconds", "task_seconds", "call_seconds"
DURATIONS = {
    JOB_SECONDS: ("marketplace", "action", "outcome"),
    TASK_SECONDS: ("marketplace", "action", "purpose", "outcome"),
    CALL_SECONDS: ("marketplace",),
}
"""What is timed, by which labels. Each is two series: one with a bucket's number as its last label, and the sum."""

SUM = "_sum"
LABELS = {
    FACTS: ("fact",),
    JOBS: ("marketplace", "action", "outcome", "kind"),
    ATTEMPTS: ("marketplace", "action", "purpose", "outcome"),
    CALLS: ("marketplace", "code"),
    SWEPT: (),
    **{name: (*labels, "bucket") for name, labels in DURATIONS.items()},
    **{name + SUM: labels for name, labels in DURATIONS.items()},
}
"""The labels of each series, in the order of its name."""

APART = "|"
NAMES_KEPT = 4_096  # of a few hundred: none names a tenant, a job or a task

Increments = Iterator[tuple[str, float]]


def increments(fact: Fact) -> Increments:
    """Yield what the fact adds, by series."""
    yield _named(FACTS, type(fact).__name__), 1
    match fact:
        case JobCompleted():
            yield _named(JOBS, fact.marketplace, fact.action, "completed", ""), 1
            yield from _timed(JOB_SECONDS, fact.lasted_s, fact.marketplace, fact.action, "completed")
        case JobFailed():
            yield _named(JOBS, fact.marketplace, fact.action, "failed", fact.kind), 1
            yield from _timed(JOB_SECONDS, fact.lasted_s, fact.marketplace, fact.action, "failed")
        case AttemptEnded():
            attempt = (fact.marketplace, fact.action, fact.purpose, fact.outcome)
            yield _named(ATTEMPTS, *attempt), 1
            yield from _timed(TASK_SECONDS, fact.lasted_s, *attempt)
        case CallEnded():
            yield _named(CALLS, fact.marketplace, fact.code), 1
            yield from _timed(CALL_SECONDS, fact.lasted_s, fact.marketplace)
        case TenantSwept():
            yield SWEPT, fact.tasks
        case _:
            pass


def parts_of(series: str) -> tuple[str, tuple[str, ...]]:
    """Return the name and the labels' values."""
    name, *values = series.split(APART)
    return name, tuple(values)


@lru_cache(maxsize=NAMES_KEPT)
def _named(name: str, *values: str) -> str:
    return APART.join((name, *(value.replace(APART, "_") for value in values)))


def _timed(name: str, seconds: float | None, *labels: str) -> Increments:
    """Yield what a time adds, nothing where it is not known."""
    if seconds is not None:
        yield _named(name, *labels, str(bucket_of(seconds))), 1
        yield _named(name + SUM, *labels), seconds
