"""One job: what it is, why it stands where it stands, everything that was tried, and the jobs beside it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus
from stoflow.http.pages.monitoring.page import Act, Page, Pulse, Shown
from stoflow.http.pages.monitoring.views.jobs import JOBS, may_change, whose
from stoflow.http.pages.monitoring.waterfall import waterfall_of
from stoflow.http.rest.problems import NotAllowed
from stoflow.http.rest.schemas import FormBody, Id
from stoflow.resources.jobs import change
from stoflow.resources.jobs.details import JobDetails, read_details, read_progress
from stoflow.resources.jobs.everywhere import read_statuses
from stoflow.resources.jobs.troubles import with_troubles
from stoflow.resources.monitoring.verdict import judge

PENDING_REST_S: Final = 10.0  # where it stands in the line
FINAL_REST_S: Final = 60.0
JOB: Final = f"{JOBS}/{{tenant}}/{{job}}"


class JobForm(FormBody):
    """Whose job."""

    tenant: Id
    job: Id


def show(shown: Shown) -> Mapping[str, Any]:
    tenant, number = _of(shown)
    found = read_details(shown.context, _seen(shown, tenant), number)
    return {**_changing(shown, found), "sees_all": shown.viewer.scope is None}


def show_changing(shown: Shown) -> Mapping[str, Any]:
    """Show what changes; raise NotFound for another seller's job, as nobody has asked for the whole page first."""
    tenant, number = _of(shown)
    if shown.viewer.scope not in {None, tenant}:
        raise NotFound(f"There is no tenant {tenant}.")
    return _changing(shown, read_progress(shown.context, tenant, number))


def pulses(several: Sequence[Shown]) -> Sequence[Pulse]:
    """Return how often each is to be made: by its status, and anew where what stops all work is another."""
    statuses = read_statuses(several[0].context, [_of(shown) for shown in several])
    causes = judge(several[0].glance.look()).causes
    stops = " ".join(f"{cause.kind}:{cause.marketplace}" for cause in causes if cause.harms)
    return [_pulse(statuses.get(_of(shown)), stops) for shown in several]


def _pulse(status: JobStatus | None, stops: str) -> Pulse:
    if status is None or status in FINAL_JOB_STATUSES:
        return Pulse(status or "", FINAL_REST_S)
    return Pulse(f"{status} {stops}", PENDING_REST_S if status is JobStatus.PENDING else 0.0)


def _changing(shown: Shown, found: JobDetails) -> Mapping[str, Any]:
    job = found.job
    return {
        "found": found,
        "explanation": with_troubles(found.explanation, shown.glance.look(), found.tenant),
        "job": job,
        "waterfall": waterfall_of(found),
        "may_retry": may_change(shown) and job.status is JobStatus.FAILED,
        "may_cancel": may_change(shown) and job.status not in FINAL_JOB_STATUSES and not job.cancel_requested,
    }


def _of(shown: Shown) -> tuple[TenantId, JobId]:
    return TenantId(shown.asked.number("tenant")), JobId(shown.asked.number("job"))


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


PAGES = (Page(JOB, "Job", "job.html", show, live=True, changing=show_changing, pulses=pulses),)
ACTS = (
    Act(f"{JOBS}/retry", "retryJob", retry, JobForm),
    Act(f"{JOBS}/cancel", "cancelJob", cancel, JobForm),
)
