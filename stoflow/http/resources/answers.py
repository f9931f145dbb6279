"""What the API answers, and how each answer is made from the values behind it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict

from stoflow.domain.job import FINAL_JOB_STATUSES, JobStatus, TaskStatus
from stoflow.domain.outcome import FieldError
from stoflow.domain.page import Page
from stoflow.domain.product import Product
from stoflow.http.resources.schemas import Action, Marketplace
from stoflow.resources.jobs.views import JobView, TaskView, TimelineEntry

MS_PER_S: Final = 1000

# PostgreSQL answers in the time zone of its session.
Moment = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
# One of those there are, or of a package that came later than the client, or went.
SomeAction = Action | str
SomeMarketplace = Marketplace | str


class Answered(BaseModel):
    """What the API gives; fields may be added, never taken away."""

    model_config = ConfigDict(frozen=True)


class FieldErrorBody(Answered):
    field: str
    message: str

    @classmethod
    def all_of(cls, errors: Iterable[FieldError]) -> list[Self]:
        return [cls(field=error.field, message=error.message) for error in errors]


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


class PriceBody(Answered):
    amount: str
    currency: str


class ProductBody(Answered):
    id: int
    title: str
    description: str
    price: PriceBody | None
    category: str
    brand: str
    condition: int | None
    size: str
    colors: list[str]
    materials: list[str]
    gender: str
    season: str
    fit: str
    quantity: int
    who_made: str
    when_made: str
    images: int
    sku: str
    external_id: str
    metadata: dict[str, Any]

    @classmethod
    def of(cls, product: Product) -> Self:
        return cls(
            id=product.id,
            title=product.title,
            description=product.description,
            price=PriceBody(amount=f"{product.price:.2f}", currency=product.currency)
            if product.price is not None
            else None,
            category=product.category,
            brand=product.brand,
            condition=product.condition,
            size=product.size,
            colors=list(product.colors),
            materials=list(product.materials),
            gender=product.gender,
            season=product.season,
            fit=product.fit,
            quantity=product.quantity,
            who_made=product.who_made,
            when_made=product.when_made,
            images=len(product.images),
            sku=product.sku,
            external_id=product.external_id,
            metadata=dict(product.metadata),
        )


class ProductsPage(Answered):
    items: list[ProductBody]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Product]) -> Self:
        return cls(items=[ProductBody.of(product) for product in page.items], next_cursor=page.next_cursor)


class Alive(Answered):
    status: Literal["ok"]


UpOrDown = Literal["up", "down"]


class ApplicationRefusal(Answered):
    """A marketplace refuses StoFlow's own application: what is to be done there waits for its operators."""

    marketplace: SomeMarketplace
    since: Moment


class Ready(Answered):
    """Degraded is without Redis: hints are late, and nothing is lost."""

    status: Literal["ready", "degraded"]
    postgres: UpOrDown
    redis: UpOrDown
    refused_by: list[ApplicationRefusal]


class ProblemBody(Answered):
    """RFC 9457; some problems say more."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorBody] = []
