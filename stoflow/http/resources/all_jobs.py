"""Jobs of all tenants over HTTP, for those who look after them."""

from typing import Annotated, Final

from pydantic import Field

from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.resources.job_bodies import AllJobsQuery
from stoflow.http.rest.answers import Answered, Moment, PageBody, SomeAction, SomeMarketplace
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import CURSOR, Id
from stoflow.resources.jobs import everywhere
from stoflow.resources.jobs.views import JobFilter
from stoflow.resources.tenants import looking_after


class EverybodysJobsQuery(AllJobsQuery):
    """The same over all tenants or one of them; numbers of products and batches are a tenant's own."""

    tenant: Id | None = None
    cursor: Annotated[str, Field(min_length=1, max_length=40, pattern=CURSOR)] | None = None


class TenantJobBody(Answered):
    """A job in a list over tenants."""

    tenant: int
    id: int
    marketplace: SomeMarketplace
    action: SomeAction
    status: JobStatus
    product_id: int | None
    batch_id: int | None
    priority: int
    error: str | None
    error_kind: str | None
    error_code: str | None = Field(description="The marketplace's own id of the error.")
    cancel_requested: bool
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None


class TenantJobsPage(PageBody[TenantJobBody]):
    """Jobs, newest first; with a `hold` tenant by tenant."""


def list_all_tenants_jobs(context: Context, asked: Asked) -> TenantJobsPage:
    query: EverybodysJobsQuery = asked.query
    wanted = JobFilter(**query.model_dump(exclude={"tenant"}))
    return TenantJobsPage.of_items(
        everywhere.list_everywhere(context, wanted, tenant_named(context, query.tenant)), TenantJobBody.of
    )


def tenant_named(context: Context, tenant: int | None) -> TenantId | None:
    """Return the tenant that a filter names, None where it names none; raise NotFound."""
    return None if tenant is None else looking_after.find_tenant(context, TenantId(tenant)).id


OPERATIONS: Final = (
    Operation(
        "GET", "/admin/jobs", "listEverybodysJobs", "List jobs of all tenants, newest first.",
        list_all_tenants_jobs, TenantJobsPage, query=EverybodysJobsQuery, problems=(404, 422), role=Role.SUPPORT,
    ),
)  # fmt: skip
