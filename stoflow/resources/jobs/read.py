"""Reading jobs: one, a page, a timeline, and why a job is not going on."""

from dataclasses import replace

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.page import LARGEST_ID, Page, id_in
from stoflow.resources.jobs.explain import Explanation, explanation_of
from stoflow.resources.jobs.foresee import read_foreseen
from stoflow.resources.jobs.views import JobFilter, JobView, TimelineEntry
from stoflow.resources.jobs.waiting import holds_in
from stoflow.resources.needs import Reads, ReadsJobs
from stoflow.storage.database.session import Records
from stoflow.storage.engine.reads.job_views import SeenJob
from stoflow.storage.engine.reads.people import view_job, view_page, view_timeline


def find_job(needs: ReadsJobs, tenant: TenantId, job: JobId) -> JobView:
    """Return the job with its tasks; raise NotFound."""
    with needs.database.records() as connection:
        seen = read_seen(connection, tenant, job)
        foreseen = read_foreseen(connection, tenant, seen, needs)
    estimate = foreseen.outlook.estimate if foreseen is not None else None
    return replace(view_of(seen, tenant, needs), estimate=estimate)


def view_of(seen: SeenJob, tenant: TenantId, needs: ReadsJobs) -> JobView:
    view = JobView.of(seen.record, holds_in(seen, tenant, needs.conditions))
    return replace(view, action=needs.registry.name_of(view.marketplace, view.action))


def explain_job(needs: ReadsJobs, tenant: TenantId, job: JobId) -> Explanation:
    """Return every reason why the job does not go on, how many come before it, and when it ends; raise NotFound."""
    with needs.database.records() as connection:
        seen = read_seen(connection, tenant, job)
        foreseen = read_foreseen(connection, tenant, seen, needs)
    if foreseen is None:
        return explanation_of(JobView.of(seen.record, ()), (), None)
    position = foreseen.before if seen.record.status is JobStatus.PENDING else None
    view = JobView.of(seen.record, foreseen.holds)
    return explanation_of(view, foreseen.holds, position, foreseen.outlook)


def list_jobs(needs: ReadsJobs, tenant: TenantId, wanted: JobFilter) -> Page[JobView]:
    """Return one page of jobs, newest first, without their tasks."""
    before = id_in(wanted.cursor)
    with needs.database.records() as connection:
        found = view_page(
            connection,
            tenant,
            marketplace=wanted.marketplace,
            status=wanted.status.value if wanted.status else None,
            actions=list(needs.registry.codes_of(wanted.action)) if wanted.action else None,
            product_id=wanted.product_id,
            batch_id=wanted.batch_id,
            created_after=wanted.created_after,
            created_before=wanted.created_before,
            before=before,
            limit=wanted.limit + 1,
        )
    items = tuple(view_of(seen, tenant, needs) for seen in found[: wanted.limit])
    return Page(items, str(items[-1].id) if len(found) > wanted.limit else None)


def timeline(needs: Reads, tenant: TenantId, job: JobId) -> list[TimelineEntry]:
    """Return every change of the job and its tasks, oldest first; raise NotFound."""
    with needs.database.records() as connection:
        read_seen(connection, tenant, job)
        return view_timeline(connection, tenant, job)


def read_seen(connection: Records, tenant: TenantId, job: JobId) -> SeenJob:
    """Return the job as the transaction sees it; raise NotFound."""
    seen = view_job(connection, tenant, job) if 0 < job <= LARGEST_ID else None
    if seen is None:
        message = f"There is no job {job}."
        raise NotFound(message)
    return seen
