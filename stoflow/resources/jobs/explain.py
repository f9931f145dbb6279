"""Where a job stands, in one value: why it does not go on, until when, who ends that, and how many come before it."""

from dataclasses import dataclass, replace
from datetime import datetime

from stoflow.admission.estimate import Estimate, Outlook
from stoflow.admission.hold import Hold
from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus, TaskStatus
from stoflow.domain.outcome import FieldError
from stoflow.resources.jobs.views import JobView
from stoflow.resources.monitoring.causes import Cause


@dataclass(frozen=True, slots=True)
class Explanation:
    """`reason` is a kind of Hold, or "final", "under_way", "next" where nothing holds the job.

    `position` counts the jobs at its marketplace that come before a pending one. `outlook` says in a sentence when it
    begins and ends, or why nobody can know; "" where it is final. `troubles` are what stops all jobs there. `errors`
    name the fields because of which it failed.
    """

    status: JobStatus
    reason: str
    detail: str
    until: datetime | None = None
    position: int | None = None
    holds: tuple[Hold, ...] = ()
    estimate: Estimate | None = None
    outlook: str = ""
    marketplace: str = ""
    troubles: tuple[Cause, ...] = ()
    errors: tuple[FieldError, ...] = ()


def explanation_of(
    job: JobView, holds: tuple[Hold, ...], position: int | None, outlook: Outlook | None = None
) -> Explanation:
    """Return what can be said of the job, as it was read with its tasks."""
    said = replace(_reason(job, holds, position), marketplace=job.marketplace)
    return replace(said, estimate=outlook.estimate, outlook=outlook.told) if outlook is not None else said


def _reason(job: JobView, holds: tuple[Hold, ...], position: int | None) -> Explanation:
    if holds:
        return Explanation(job.status, holds[0].kind, holds[0].detail, holds[0].until, position, holds)
    if job.status in FINAL_JOB_STATUSES:
        return Explanation(job.status, "final", job.error or f"the job is {job.status}", errors=tuple(job.errors))
    running = next((task.name for task in job.tasks if task.status is TaskStatus.RUNNING), None)
    if running is not None:
        return Explanation(job.status, "under_way", f"the task {running} is under way")
    return Explanation(job.status, "next", "nothing holds it: it goes on as soon as its turn comes", position=position)
