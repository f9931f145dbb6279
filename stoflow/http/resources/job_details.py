"""Everything that is known of one job, over HTTP."""

from typing import Any, Final

from pydantic import Field

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.resources.job_bodies import ExplanationBody, JobBody, TimelineEntryBody
from stoflow.http.rest.answers import Answered, Moment
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.resources.jobs import details
from stoflow.resources.jobs.details import JobDetails
from stoflow.resources.tenants import looking_after


class SpanBody(Answered):
    """Something of a task from one line of the timeline to the next: an attempt (`runs`), or what was waited for."""

    task: str
    attempt: int
    since: Moment
    until: Moment | None
    began: str
    ended: str | None
    runs: bool


class CommandBody(Answered):
    """A command to the seller's plugin; `success` is null until it was answered."""

    id: int
    task: str | None
    attempt: int
    seq: int
    action: str
    deadline: Moment
    sent_at: Moment | None
    answered_at: Moment | None
    success: bool | None
    error_code: str | None
    error_message: str | None


class CallBody(Answered):
    """A call made directly: by its act, a look or a collection. `code` is null where no answer came, `error` says why.

    It is there about a second after it was made; of a job the last 300 are kept.
    """

    at: Moment
    task: str
    purpose: str
    attempt: int
    method: str
    path: str = Field(description="With its query, secrets masked.")
    code: int | None
    error: str | None
    took_ms: int


class JobDetailsBody(Answered):
    """A job with all that is known of it; siblings are the ten newest others, without their tasks."""

    tenant: int
    job: JobBody
    given: dict[str, Any] = Field(description="What it was given, secrets masked.")
    explanation: ExplanationBody
    timeline: list[TimelineEntryBody]
    spans: list[SpanBody]
    calls: list[CallBody]
    commands: list[CommandBody]
    of_product: list[JobBody]
    of_batch: list[JobBody]

    @classmethod
    def of_details(cls, found: JobDetails) -> "JobDetailsBody":
        return cls.with_fields(
            found,
            job=JobBody.of(found.job),
            of_product=[JobBody.of(job) for job in found.of_product],
            of_batch=[JobBody.of(job) for job in found.of_batch],
        )


def read_own_details(context: Context, asked: Asked) -> JobDetailsBody:
    return JobDetailsBody.of_details(details.read_details_with_troubles(context, asked.tenant, JobId(asked.id())))


def read_sellers_job(context: Context, asked: Asked) -> JobDetailsBody:
    tenant = looking_after.find_tenant(context, TenantId(asked.id())).id
    return JobDetailsBody.of_details(details.read_details_with_troubles(context, tenant, JobId(asked.number("job"))))


OPERATIONS: Final = (
    Operation(
        "GET", "/api/jobs/{id}/details", "readJobDetails",
        "Read a job with its attempts, commands, timeline, explanation and the jobs beside it.",
        read_own_details, JobDetailsBody, problems=(404, 422),
    ),
    Operation(
        "GET", "/admin/tenants/{id}/jobs/{job}", "readSellersJob", "Read the same of a tenant's job.",
        read_sellers_job, JobDetailsBody, problems=(404, 422), role=Role.SUPPORT,
    ),
)  # fmt: skip
