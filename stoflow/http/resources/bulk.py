"""One act on all jobs that a filter means, over HTTP: a tenant's own, and an administrator's on everybody's."""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from stoflow.domain.audit import Actor, admin, tenant_itself
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.resources.all_jobs import tenant_named
from stoflow.http.rest.answers import Answered
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import Action, Bound, Given, Id, Marketplace, Word
from stoflow.resources.jobs import bulk
from stoflow.resources.jobs.bulk import MOST_URGENT, BulkAct, BulkWish
from stoflow.resources.jobs.views import JobFilter

Named = Annotated[Word | None, Field(min_length=1)]


class JobFilterBody(Given):
    """All that is named must be so of a job: as in the query of `GET /api/jobs`."""

    marketplace: Marketplace | None = None
    status: Annotated[JobStatus, Field(strict=False)] | None = None
    action: Action | None = None
    product_id: Id | None = None
    batch_id: Id | None = None
    created_after: Bound | None = None
    created_before: Bound | None = None
    error_kind: Named = None
    error_code: Named = None
    hold: Named = None
    text: Named = None


EXAMPLE: Final = ConfigDict(json_schema_extra={"examples": [{"act": "retry", "filter": {"error_kind": "refused"}}]})


class EverybodysFilterBody(JobFilterBody):
    """The same over all tenants, or one of them."""

    tenant: Id | None = None


class AnyBulkBody(Given):
    """What is done."""

    act: Annotated[BulkAct, Field(strict=False)]
    priority: Annotated[
        int, Field(ge=1, le=3, description="What `raise_priority` raises it to: 1 critical, 2 high, 3 normal.")
    ] = MOST_URGENT
    cursor: (
        Annotated[str, Field(min_length=1, max_length=40, description="The `next_cursor` of the answer before.")] | None
    ) = None


class BulkBody(AnyBulkBody):
    """What is done to each job that the filter means. An empty filter means every job that it can be done to."""

    model_config = EXAMPLE

    filter: JobFilterBody


class EverybodysBulkBody(AnyBulkBody):
    """The same over all tenants, or one of them."""

    model_config = EXAMPLE

    filter: EverybodysFilterBody


class BulkQuery(Given):
    """Whether to do it."""

    dry_run: Annotated[bool, Field(strict=False, description="Change nothing; say what would come of it.")] = False


class LeftOutBody(Answered):
    """A job that the act does not change, and why."""

    tenant: int
    job: int
    reason: str


class BulkDoneBody(Answered):
    """Of `matching` jobs `changed` were changed, or would be; `left_out` are the first of the others.

    At most 10,000 jobs or ten seconds are one request's: where `next_cursor` is not null, ask again with it.
    """

    act: BulkAct
    dry_run: bool
    matching: int
    changed: int
    left_out: list[LeftOutBody]
    next_cursor: str | None


def change_own_jobs(context: Context, asked: Asked) -> BulkDoneBody:
    body: BulkBody = asked.body
    return _change(context, asked, body.filter, asked.tenant, tenant_itself(asked.tenant))


def change_all_jobs(context: Context, asked: Asked) -> BulkDoneBody:
    body: EverybodysBulkBody = asked.body
    tenant = tenant_named(context, body.filter.tenant)
    return _change(context, asked, body.filter, tenant, admin(asked.tenant))


def _change(context: Context, asked: Asked, given: JobFilterBody, tenant: TenantId | None, by: Actor) -> BulkDoneBody:
    body: AnyBulkBody = asked.body
    query: BulkQuery = asked.query
    named: dict[str, Any] = given.model_dump(exclude={"tenant"})
    wish = BulkWish(body.act, JobFilter(**named), by, body.priority, query.dry_run, body.cursor)
    return BulkDoneBody.of(bulk.change_many(context, tenant, wish))


BAD: Final = (400, 404, 408, 413, 415, 422)
OPERATIONS: Final = (
    Operation(
        "POST", "/api/jobs/bulk", "changeJobs",
        "Retry, cancel or make more urgent all jobs that a filter means; with `dry_run` say what would come of it.",
        change_own_jobs, BulkDoneBody, 200, query=BulkQuery, body=BulkBody, problems=BAD, heavy=True,
    ),
    Operation(
        "POST", "/admin/jobs/bulk", "changeEverybodysJobs",
        "The same over all tenants or one of them; each 500 jobs of a tenant are a line of the audit log.",
        change_all_jobs, BulkDoneBody, 200, query=BulkQuery, body=EverybodysBulkBody, problems=BAD, heavy=True,
        role=Role.ADMIN,
    ),
)  # fmt: skip
