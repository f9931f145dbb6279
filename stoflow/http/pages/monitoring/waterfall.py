"""A job's tasks as bars over the time that they took: attempts, waits between them, and commands to the plugin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stoflow.resources.jobs.details import JobDetails, Span

WIDTH = 1000.0  # of its coordinates
LEAST = 3.0  # so wide is what took no time
WELL = frozenset({"done", "looked and adopted"})
FAILS = frozenset({"refused", "broken", "poison", "unverified", "unfinished"})


@dataclass(frozen=True, slots=True)
class Bar:
    """In the chart's own coordinates; `kind` is how it ended, `wait` between two attempts, `mark` for a command."""

    kind: str
    x: float
    width: float
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """One task."""

    task: str
    status: str
    attempt: int
    took_s: float | None
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """`lasts_s` is what all of its width stands for, from `since`; no rows where nothing has begun."""

    since: datetime | None
    lasts_s: float
    rows: Sequence[Row]


def waterfall_of(found: JobDetails) -> Waterfall:
    begun = [span.since for span in found.spans if span.runs]
    if not begun:
        return Waterfall(None, 0.0, [_row(found, task.name, task.status, None, 1.0) for task in found.job.tasks])
    ended = max((line.at for line in found.timeline), default=min(begun))
    until = found.job.completed_at or datetime.now(UTC)
    lasts_s = max((max(until, ended) - min(begun)).total_seconds(), 0.001)
    rows = [_row(found, task.name, task.status, min(begun), lasts_s) for task in found.job.tasks]
    return Waterfall(min(begun), lasts_s, rows)


def _row(found: JobDetails, task: str, status: str, since: datetime | None, lasts_s: float) -> Row:
    spans = [span for span in found.spans if span.task == task]
    bars = () if since is None else tuple(_bars(found, spans, since, lasts_s))
    ran = [(span.until - span.since).total_seconds() for span in spans if span.runs and span.until]
    attempts = [span.attempt for span in spans]
    return Row(task, status, max(attempts, default=0), sum(ran) if ran else None, bars)


def _bars(found: JobDetails, spans: Sequence[Span], since: datetime, lasts_s: float) -> Iterator[Bar]:
    end = WIDTH
    for span in spans:
        if not span.runs and not span.attempt:
            continue  # it only waits for its turn
        x = _x(span.since, since, lasts_s)
        width = max((_x(span.until, since, lasts_s) if span.until else end) - x, LEAST)
        took = f"{(span.until - span.since).total_seconds():.3f} s" if span.until else "goes on"
        ended = f", {span.ended}" if span.ended else ""
        yield Bar(_kind(span), min(x, WIDTH - LEAST), width, f"attempt {span.attempt}: {span.began}{ended}, {took}")
    for command in found.commands:
        if spans and command.task == spans[0].task and command.sent_at:
            said = "answered" if command.success else command.error_code or "not answered"
            yield Bar("mark", _x(command.sent_at, since, lasts_s), LEAST, f"{command.action}: {said}")


def _x(at: datetime, since: datetime, lasts_s: float) -> float:
    return round(min(max((at - since).total_seconds() / lasts_s, 0.0), 1.0) * WIDTH, 1)


def _kind(span: Span) -> str:
    if not span.runs:
        return "wait"
    if span.ended is None:
        return "runs"
    return "done" if span.ended in WELL else "failed" if span.ended in FAILS else "again"
