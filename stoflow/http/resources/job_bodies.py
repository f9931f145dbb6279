"""What is asked of jobs over HTTP, and what is answered of them."""

from typing import Annotated, Any, Self

from pydantic import (
    ConfigDict,
    Field,
    model_validator,
)

from stoflow.admission.hold import Release
from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus, TaskStatus
from stoflow.http.rest.answers import Answered, FieldErrorBody, Moment, PageBody, SomeAction, SomeMarketplace
from stoflow.http.rest.schemas import PAYLOAD, Action, Bound, Given, Id, Marketplace, NotBefore, PageQuery, Word
from stoflow.http.rest.schemas import Moment as GivenMoment
from stoflow.resources.jobs.views import JobView

MS_PER_S = 1000


class NewJob(Given):
    """A job to be done on one product, or on the account where the action needs no product."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"action_type": "publish", "product_id": 123}]})

    action_type: Action
    product_id: Id | None = None
    priority: Annotated[
        Annotated[int, Field(ge=1, le=4)] | None,
        Field(description="1 critical, 2 high, 3 normal, 4 low; the action's own where it is not given."),
    ] = None
    payload: Annotated[dict[str, Any], PAYLOAD] = Field(default_factory=dict)
    not_before: NotBefore = None
    expires_at: GivenMoment | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.not_before and self.expires_at and self.expires_at <= self.not_before:
            raise ValueError("expires_at must be later than not_before")
        return self


class JobsQuery(PageQuery):
    """Which jobs; a time itself is neither after nor before it."""

    status: JobStatus | None = None
    action: Action | None = None
    product_id: Id | None = None
    batch_id: Id | None = None
    created_after: Bound | None = None
    created_before: Bound | None = None
    error_kind: Annotated[Word | None, Field(min_length=1, description="Jobs that failed so.")] = None
    error_code: Annotated[
        Word | None, Field(min_length=1, description="And the marketplace's own id of the error.")
    ] = None
    hold: Annotated[
        Word | None, Field(min_length=1, description="What holds them now: a kind, as in a job's `hold`.")
    ] = None
    text: Annotated[
        Word | None,
        Field(min_length=1, description="Stands in the error or the payload. A page may be short: so far was looked."),
    ] = None


class AllJobsQuery(JobsQuery):
    """The same, over all marketplaces or one of them."""

    marketplace: Marketplace | None = None


class HoldBody(Answered):
    """Why something does not go on; `release` says who or what ends that."""

    kind: str
    until: Moment | None
    detail: str
    release: Release


class EstimateBody(Answered):
    """When a job begins and ends, by the pace seen lately: about eight of ten end within `spread` seconds of `ends`."""

    begins: Moment
    ends: Annotated[Moment | None, Field(description="Null where none like it has ended there lately.")]
    spread: Annotated[float, Field(description="In seconds; of `begins` where `ends` is null.")]


class TroubleBody(Answered):
    """What stops every job at a marketplace, or everywhere where it names none; as `causes` of the snapshot."""

    kind: str
    detail: str
    next: str = Field(description="What to do.")
    marketplace: SomeMarketplace | None


class ExplanationBody(Answered):
    """Where a job stands: every reason that holds it, the one that binds first, how many jobs come before it, and when.

    `outlook` says in a sentence when it begins and ends, or why nobody can know; `estimate` is null then.
    """

    status: JobStatus
    reason: str
    detail: str
    until: Moment | None
    position: int | None
    holds: list[HoldBody]
    estimate: EstimateBody | None
    outlook: str
    troubles: list[TroubleBody] = Field(description="What stops all jobs there, the likeliest first.")
    errors: list[FieldErrorBody] = Field(description="The fields because of which it failed.")


class TaskBody(Answered):
    id: int
    name: str
    position: int
    status: TaskStatus
    attempt: int
    failures: int
    verifying: bool
    output: dict[str, Any] | None
    error: str | None
    errors: list[FieldErrorBody]
    not_before: Moment | None
    created_at: Moment | None
    started_at: Moment | None
    completed_at: Moment | None


class ResultBody(Answered):
    """What came of a final job."""

    job_id: int
    marketplace: SomeMarketplace
    action: SomeAction
    success: bool
    result: dict[str, Any] | None
    duration_ms: int | None

    @classmethod
    def of_final(cls, job: JobView) -> Self | None:
        if job.status not in FINAL_JOB_STATUSES:
            return None
        took = job.completed_at - job.started_at if job.completed_at and job.started_at else None
        return cls(
            job_id=job.id,
            marketplace=job.marketplace,
            action=job.action,
            success=job.status is JobStatus.COMPLETED,
            result=dict(job.result) if job.result is not None else None,
            duration_ms=round(took.total_seconds() * MS_PER_S) if took is not None else None,
        )


class JobBody(Answered):
    id: int
    marketplace: SomeMarketplace
    action: SomeAction
    status: JobStatus
    product_id: int | None
    priority: int
    tasks: list[TaskBody]
    result: ResultBody | None
    error: str | None
    error_kind: str | None
    errors: list[FieldErrorBody]
    cancel_requested: bool
    batch_id: int | None
    waiting: str
    hold: HoldBody | None
    estimate: Annotated[EstimateBody | None, Field(description="Of one job that is read, where anybody can know.")]
    not_before: Moment | None
    expires_at: Moment | None
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    request_id: Annotated[str | None, Field(description="The `X-Request-ID` of the request that asked for it.")]

    @classmethod
    def of(cls, job: JobView) -> Self:
        return cls.with_fields(job, result=ResultBody.of_final(job))


class JobsPage(PageBody[JobBody]):
    pass


class TimelineEntryBody(Answered):
    id: int
    at: Moment
    cause: str
    task: str | None
    from_status: JobStatus | TaskStatus | None
    to_status: JobStatus | TaskStatus | None
    attempt: int
    detail: dict[str, Any]


class TimelineBody(PageBody[TimelineEntryBody]):
    pass
