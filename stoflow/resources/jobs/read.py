"""Reading jobs: one, a page, a timeline, and why a job is not going on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.page import LARGEST_ID, Page, id_in
from stoflow.resources.jobs.explain import Explanation, explanation_of
from stoflow.resources.jobs.foresee import read_foreseen
from stoflow.resources.jobs.meaning import meant_by
from stoflow.resources.jobs.views import JobFilter, JobView, TimelineEntry
from stoflow.resources.jobs.waiting import holds_in
from stoflow.resources.needs import Reads, ReadsJobs
from stoflow.storage.database.session import Records
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.reads.job_views import SeenJob
from stoflow.storage.engine.reads.meant import find_saying
from stoflow.storage.engine.reads.people import view_job, view_page, view_timeline

JUDGED_AT_MOST: Final = 200  # for one page: what holds a job is found out one by one
SEARCHED_AT_MOST: Final = 5_000


def find_job(needs: ReadsJobs, tenant: TenantId, job: JobId) -> JobView:
    """Return the job with its tasks; raise NotFound."""
    with needs.database.reading() as connection:
        return read_job(connection, needs, tenant, job)[0]


def view_of(seen: SeenJob, tenant: TenantId, needs: ReadsJobs) -> JobView:
    return _named(JobView.of(seen.record, holds_in(seen, tenant, needs.conditions)), needs)


def _named(view: JobView, needs: ReadsJobs) -> JobView:
    return replace(view, action=needs.registry.name_of(view.marketplace, view.action))


def explain_job(needs: ReadsJobs, tenant: TenantId, job: JobId) -> Explanation:
    """Return every reason why the job does not go on, how many come before it, and when it ends; raise NotFound."""
    with needs.database.reading() as connection:
        return read_job(connection, needs, tenant, job)[1]


def read_job(connection: Records, needs: ReadsJobs, tenant: TenantId, job: JobId) -> tuple[JobView, Explanation]:
    """Return the job with its tasks and where it stands, which is read once for both; raise NotFound."""
    seen = read_seen(connection, tenant, job)
    foreseen = read_foreseen(connection, tenant, seen, needs)
    if foreseen is None:
        view = _named(JobView.of(seen.record, ()), needs)
        return view, explanation_of(view, (), None)
    view = _named(JobView.of(seen.record, foreseen.holds), needs)
    position = foreseen.before if view.status is JobStatus.PENDING else None
    said = explanation_of(view, foreseen.holds, position, foreseen.outlook)
    return replace(view, estimate=said.estimate), said


def list_jobs(needs: ReadsJobs, tenant: TenantId, wanted: JobFilter) -> Page[JobView]:
    """Return one page of jobs, newest first, without their tasks; raise InputError for a filter that means nothing."""
    meant, before = meant_by(needs.registry, wanted), id_in(wanted.cursor)
    most = JUDGED_AT_MOST if wanted.hold else wanted.limit + 1
    with needs.database.reading() as connection:
        searched = None
        if wanted.text:
            searched = find_saying(
                connection, tenant, wanted.text, meant, before=before, most=SEARCHED_AT_MOST, limit=most
            )
        ids = list(searched.found) if searched else None
        found = view_page(connection, tenant, before=before, ids=ids, limit=most, **meant)
    views = [view_of(seen, tenant, needs) for seen in found]
    last = searched.last if searched and len(found) < most else found[-1].record.id if len(found) == most else None
    return _page([view for view in views if wanted.hold in {None, view.hold and view.hold.kind}], wanted.limit, last)


def _page(views: Sequence[JobView], limit: int, last: JobId | None) -> Page[JobView]:
    """Return the first of them; `last` is the last job that was looked at, None where no more are behind it."""
    items = tuple(views[:limit])
    ended_at = items[-1].id if len(views) > limit else last
    return Page(items, None if ended_at is None else str(ended_at))


def timeline(needs: Reads, tenant: TenantId, job: JobId) -> list[TimelineEntry]:
    """Return every change of the job and its tasks, oldest first; raise NotFound."""
    with needs.database.reading() as connection:
        read_seen(connection, tenant, job)
        return view_timeline(connection, tenant, job)


def read_seen(connection: Transaction, tenant: TenantId, job: JobId) -> SeenJob:
    """Return the job as the transaction sees it; raise NotFound."""
    seen = view_job(connection, tenant, job) if 0 < job <= LARGEST_ID else None
    if seen is None:
        message = f"There is no job {job}."
        raise NotFound(message)
    return seen
