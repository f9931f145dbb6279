"""What is asked of jobs over HTTP, and what is answered of them."""

from typing import Annotated, Any, Self

from pydantic import (
    ConfigDict,
    Field,
    model_validator,
)

from stoflow.admission.hold import Hold, Release
from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus, TaskStatus
from stoflow.domain.page import Page
from stoflow.http.rest.answers import Answered, FieldErrorBody, Moment, SomeAction, SomeMarketplace
from stoflow.http.rest.schemas import Action, Given, Id, Marketplace, PageQuery
from stoflow.http.rest.schemas import Moment as GivenMoment
from stoflow.resources.jobs.explain import Explanation
from stoflow.resources.jobs.views import JobView, TaskView, TimelineEntry

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
    payload: Annotated[dict[str, Any], Field(description="What the action takes beside its product.")] = Field(
        default_factory=dict
    )
    not_before: GivenMoment | None = None
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
    created_after: GivenMoment | None = None
    created_before: GivenMoment | None = None


class AllJobsQuery(JobsQuery):
    """The same, over all marketplaces or one of them."""

    marketplace: Marketplace | None = None


class HoldBody(Answered):
    """Why something does not go on; `release` says who or what ends that."""

    kind: str
    until: Moment | None
    detail: str
    release: Release

    @classmethod
    def of(cls, hold: Hold) -> Self:
        return cls(kind=hold.kind, until=hold.until, detail=hold.detail, release=hold.release)


class ExplanationBody(Answered):
    """Where a job stands: every reason that holds it, most lasting first, and how many jobs come before it."""

    status: JobStatus
    reason: str
    detail: str
    until: Moment | None
    position: int | None
    holds: list[HoldBody]

    @classmethod
    def of(cls, said: Explanation) -> Self:
        return cls(
            status=said.status,
            reason=said.reason,
            detail=said.detail,
            until=said.until,
            position=said.position,
            holds=[HoldBody.of(hold) for hold in said.holds],
        )


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

    @classmethod
    def of(cls, task: TaskView) -> Self:
        return cls(
            id=task.id,
            name=task.name,
            position=task.position,
            status=task.status,
            attempt=task.attempt,
            failures=task.failures,
            verifying=task.verifying,
            output=dict(task.output) if task.output is not None else None,
            error=task.error,
            errors=FieldErrorBody.all_of(task.errors),
            not_before=task.not_before,
            created_at=task.created_at,
            started_at=task.started_at,
            completed_at=task.completed_at,
        )


class ResultBody(Answered):
    """What came of a final job."""

    job_id: int
    marketplace: SomeMarketplace
    action: SomeAction
    success: bool
    result: dict[str, Any] | None
    duration_ms: int | None

    @classmethod
    def of(cls, job: JobView) -> Self | None:
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
    not_before: Moment | None
    expires_at: Moment | None
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None

    @classmethod
    def of(cls, job: JobView) -> Self:
        return cls(
            id=job.id,
            marketplace=job.marketplace,
            action=job.action,
            status=job.status,
            product_id=job.product_id,
            priority=job.priority,
            tasks=[TaskBody.of(task) for task in job.tasks],
            result=ResultBody.of(job),
            error=job.error,
            error_kind=job.error_kind,
            errors=FieldErrorBody.all_of(job.errors),
            cancel_requested=job.cancel_requested,
            batch_id=job.batch_id,
            waiting=job.waiting,
            hold=HoldBody.of(job.hold) if job.hold else None,
            not_before=job.not_before,
            expires_at=job.expires_at,
            created_at=job.created_at,
            started_at=job.started_at,
            completed_at=job.completed_at,
        )


class JobsPage(Answered):
    items: list[JobBody]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[JobView]) -> Self:
        return cls(items=[JobBody.of(job) for job in page.items], next_cursor=page.next_cursor)


class TimelineEntryBody(Answered):
    id: int
    at: Moment
    cause: str
    task: str | None
    from_status: JobStatus | TaskStatus | None
    to_status: JobStatus | TaskStatus | None
    attempt: int
    detail: dict[str, Any]

    @classmethod
    def of(cls, entry: TimelineEntry) -> Self:
        return cls(
            id=entry.id,
            at=entry.at,
            cause=entry.cause,
            task=entry.task,
            from_status=_status(entry.from_status),
            to_status=_status(entry.to_status),
            attempt=entry.attempt,
            detail=dict(entry.detail),
        )


def _status(name: str | None) -> JobStatus | TaskStatus | None:
    if name is None:
        return None
    return JobStatus(name) if name in set(JobStatus) else TaskStatus(name)


class TimelineBody(Answered):
    items: list[TimelineEntryBody]
    next_cursor: str | None
