"""Why jobs fail, over HTTP: a tenant's own errors, and everybody's for those who look after them."""

from typing import Final

from pydantic import Field

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.resources.all_jobs import tenant_named
from stoflow.http.rest.answers import Answered, Moment, SomeMarketplace
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import Given, Id, Marketplace
from stoflow.resources.jobs import errors
from stoflow.resources.jobs.errors import ErrorKind
from stoflow.storage.engine.reads.errors import Course


class ErrorsQuery(Given):
    marketplace: Marketplace | None = None


class EverybodysErrorsQuery(ErrorsQuery):
    tenant: Id | None = None


class ErrorKindBody(Answered):
    """Jobs that failed alike: at one marketplace, by kind and the marketplace's own id of the error."""

    marketplace: SomeMarketplace
    kind: str
    code: str | None
    course: Course = Field(
        description="`new`: first seen within a day; `regressed`: seen within a day, and not for a day before;"
        " `quiet`: not seen for a day."
    )
    failed: int = Field(description="Jobs that are failed now.")
    jobs: int = Field(description="Jobs whose last failure it was, also where they were retried.")
    tenants: int
    first_seen: Moment
    last_seen: Moment
    tenant: int = Field(description="Whose job failed so last.")
    job: int = Field(description="The job that failed so last.")
    message: str | None = Field(description="What that job said, where it is failed.")
    filter: dict[str, str] = Field(description="The parameters by which its jobs are listed, or retried.")


class ErrorsBody(Answered):
    """Up to 200 groups of the newest 50,000 failures, those with the most failed jobs first."""

    items: list[ErrorKindBody]


def list_own_errors(context: Context, asked: Asked) -> ErrorsBody:
    query: ErrorsQuery = asked.query
    return _listed(context, asked.tenant, query.marketplace)


def list_all_errors(context: Context, asked: Asked) -> ErrorsBody:
    query: EverybodysErrorsQuery = asked.query
    return _listed(context, tenant_named(context, query.tenant), query.marketplace)


def _listed(context: Context, tenant: TenantId | None, marketplace: str | None) -> ErrorsBody:
    return ErrorsBody(items=[_body(kind) for kind in errors.list_errors(context, tenant, marketplace)])


def _body(kind: ErrorKind) -> ErrorKindBody:
    return ErrorKindBody.with_fields(kind.group, message=kind.message, filter=dict(kind.filter))


OPERATIONS: Final = (
    Operation(
        "GET", "/api/errors", "listErrors", "Say why jobs fail, in groups, and which of them are new.",
        list_own_errors, ErrorsBody, query=ErrorsQuery, problems=(422,),
    ),
    Operation(
        "GET", "/admin/errors", "listEverybodysErrors", "The same over all tenants or one of them.",
        list_all_errors, ErrorsBody, query=EverybodysErrorsQuery, problems=(404, 422), role=Role.SUPPORT,
    ),
)  # fmt: skip
