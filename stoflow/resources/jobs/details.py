"""Everything that is known of one job: where it stands, its attempts, commands, timeline, and the jobs beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES, TaskStatus
from stoflow.domain.masking import masked
from stoflow.resources.jobs.explain import Explanation
from stoflow.resources.jobs.read import list_jobs, read_job
from stoflow.resources.jobs.troubles import ReadsJobsAndWatches, with_troubles
from stoflow.resources.jobs.views import JobFilter, JobView, TimelineEntry
from stoflow.resources.monitoring.snapshot import look
from stoflow.resources.needs import ReadsJobs
from stoflow.storage.database.session import Records
from stoflow.storage.engine.calls import CallView, view_calls
from stoflow.storage.engine.reads.details import CommandView, view_commands, view_given
from stoflow.storage.engine.reads.people import view_timeline

SIBLINGS: Final = 10


@dataclass(frozen=True, slots=True)
class Span:
    """Something of a task from one line of the timeline to the next: an attempt at it, or what was waited for.

    `began` and `ended` are the causes of the lines; `until` is None where it goes on. `runs`: a worker was at it or
    its outcome was looked for, which is not so while it waits for its next attempt.
    """

    task: str
    attempt: int
    since: datetime
    until: datetime | None
    began: str
    ended: str | None
    runs: bool


@dataclass(frozen=True, slots=True)
class JobDetails:
    """`given` is what was asked for, secrets masked; siblings are the newest other jobs, without their tasks."""

    tenant: TenantId
    job: JobView
    given: Mapping[str, Any]
    explanation: Explanation
    timeline: Sequence[TimelineEntry]
    spans: Sequence[Span]
    calls: Sequence[CallView]
    commands: Sequence[CommandView] = ()
    of_product: Sequence[JobView] = ()
    of_batch: Sequence[JobView] = ()


def read_details(needs: ReadsJobs, tenant: TenantId, job: JobId) -> JobDetails:
    """Return what is known of the job; raise NotFound."""
    with needs.database.reading() as connection:
        found = _read_progress(connection, needs, tenant, job)
        commands = view_commands(connection, tenant, job)
    product, batch = found.job.product_id, found.job.batch_id
    return replace(
        found,
        commands=commands,
        of_product=_siblings(needs, tenant, found.job, JobFilter(product_id=product), product),
        of_batch=_siblings(needs, tenant, found.job, JobFilter(batch_id=batch), batch),
    )


def read_progress(needs: ReadsJobs, tenant: TenantId, job: JobId) -> JobDetails:
    """Return the same without commands and the jobs beside it, which costs less; raise NotFound."""
    with needs.database.reading() as connection:
        return _read_progress(connection, needs, tenant, job)


def _read_progress(connection: Records, needs: ReadsJobs, tenant: TenantId, job: JobId) -> JobDetails:
    found, said = read_job(connection, needs, tenant, job)
    lines, given = view_timeline(connection, tenant, job), view_given(connection, tenant, job)
    return JobDetails(
        tenant=tenant,
        job=found,
        given=cast("Mapping[str, Any]", masked(given)),
        explanation=said,
        timeline=lines,
        spans=tuple(spans_of(lines)),
        calls=view_calls(connection, tenant, job),
    )


def read_details_with_troubles(needs: ReadsJobsAndWatches, tenant: TenantId, job: JobId) -> JobDetails:
    """Return the same, its explanation with what stops all work there; raise NotFound."""
    found = read_details(needs, tenant, job)
    if found.job.status in FINAL_JOB_STATUSES:
        return found
    return replace(found, explanation=with_troubles(found.explanation, look(needs.watching, tenant), tenant))


def spans_of(lines: Sequence[TimelineEntry]) -> Iterator[Span]:
    """Yield what happened to each task from line to line, in the order of its beginning.

    A line that changes no status is about the attempt under way: its outcome is not known, and is looked for.
    """
    of_task: dict[str, list[TimelineEntry]] = {}
    for line in lines:
        if line.task is not None:
            of_task.setdefault(line.task, []).append(line)
    spans = [span for task, its in of_task.items() for span in _spans(task, its)]
    yield from sorted(spans, key=lambda span: span.since)


def _spans(task: str, lines: Sequence[TimelineEntry]) -> Iterator[Span]:
    status: str = ""
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        status = line.to_status or status
        if status in {TaskStatus.RUNNING, TaskStatus.PENDING}:
            until, ended = (following.at, following.cause) if following else (None, None)
            yield Span(task, line.attempt, line.at, until, line.cause, ended, status == TaskStatus.RUNNING)


def _siblings(
    needs: ReadsJobs, tenant: TenantId, job: JobView, wanted: JobFilter, shared: int | None
) -> Sequence[JobView]:
    if shared is None:
        return ()
    found = list_jobs(needs, tenant, wanted).items
    return [each for each in found if each.id != job.id][:SIBLINGS]
