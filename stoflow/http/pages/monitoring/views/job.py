"""One job: what it is, why it stands where it stands, everything that was tried, and the jobs beside it."""

from collections.abc import Mapping
from typing import Any, Final

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus
from stoflow.http.pages.monitoring.page import Act, Page, Shown
from stoflow.http.pages.monitoring.views.jobs import JOBS, may_change, whose
from stoflow.http.pages.monitoring.waterfall import waterfall_of
from stoflow.http.rest.problems import NotAllowed
from stoflow.http.rest.schemas import FormBody, Id
from stoflow.resources.jobs import change
from stoflow.resources.jobs.details import read_details
from stoflow.resources.jobs.troubles import with_troubles

JOB: Final = f"{JOBS}/{{tenant}}/{{job}}"


class JobForm(FormBody):
    """Whose job."""

    tenant: Id
    job: Id


def show(shown: Shown) -> Mapping[str, Any]:
    tenant = _seen(shown, shown.asked.number("tenant"))
    found = read_details(shown.context, tenant, JobId(shown.asked.number("job")))
    job = found.job
    return {
        "found": found,
        "explanation": with_troubles(found.explanation, shown.glance.look(), tenant),
        "job": job,
        "sees_all": shown.viewer.scope is None,
        "waterfall": waterfall_of(found),
        "may_retry": may_change(shown) and job.status is JobStatus.FAILED,
        "may_cancel": may_change(shown) and job.status not in FINAL_JOB_STATUSES and not job.cancel_requested,
    }


def retry(shown: Shown) -> str:
    tenant, job = _changed(shown)
    change.retry_job(shown.context, tenant, job)
    return f"{JOBS}/{tenant}/{job}"


def cancel(shown: Shown) -> str:
    tenant, job = _changed(shown)
    change.cancel_job(shown.context, tenant, job)
    return f"{JOBS}/{tenant}/{job}"


def _seen(shown: Shown, named: int) -> TenantId:
    tenant = whose(shown, named)
    if tenant is None:
        raise NotFound(f"There is no tenant {named}.")
    return tenant


def _changed(shown: Shown) -> tuple[TenantId, JobId]:
    form: JobForm = shown.asked.body
    tenant = _seen(shown, form.tenant)
    if not may_change(shown):
        raise NotAllowed("This takes the role admin.")
    return tenant, JobId(form.job)


PAGES = (Page(JOB, "Job", "job.html", show, live=True),)
ACTS = (
    Act(f"{JOBS}/retry", "retryJob", retry, JobForm),
    Act(f"{JOBS}/cancel", "cancelJob", cancel, JobForm),
)
