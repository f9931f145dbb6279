"""Credits for texts by a model over HTTP: administrators and platforms grant them."""

from typing import Annotated, Final

from pydantic import AfterValidator, ConfigDict, Field

from stoflow.domain.audit import Actor, ActorKind, admin
from stoflow.domain.ids import TenantId
from stoflow.domain.platform import PlatformScope
from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.resources.platform import BAD_BODY, platform_of
from stoflow.http.rest.answers import Answered
from stoflow.http.rest.endpoint import Answer, Asked, Operation
from stoflow.http.rest.schemas import ONE_LINE_PATTERN, Given, one_line
from stoflow.resources.platform import tenants
from stoflow.resources.tenants import crediting

OF_TENANT: Final = (404, 409, *BAD_BODY)


class GrantBody(Given):
    """Credits for a tenant; one is taken for each text."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount": 50, "reference": "invoice 2026-11-7"}]})

    amount: Annotated[int, Field(ge=1, le=1_000_000)]
    reference: Annotated[
        str,
        Field(min_length=1, max_length=200, json_schema_extra=ONE_LINE_PATTERN),
        Field(description="What they are for: asked again by the same one, nothing more is granted."),
        AfterValidator(one_line),
    ]


class CreditsBody(Answered):
    left: int


def grant_credits(context: Context, asked: Asked) -> Answer:
    return _granted(context, asked, TenantId(asked.id()), admin(asked.tenant))


def read_credits(context: Context, asked: Asked) -> CreditsBody:
    return CreditsBody(left=crediting.count_left(context, TenantId(asked.id())))


def grant_tenant_credits(context: Context, asked: Asked) -> Answer:
    platform = platform_of(context, asked, PlatformScope.GRANT_CREDITS)
    tenants.check_own(context, platform, TenantId(asked.id()))
    return _granted(context, asked, TenantId(asked.id()), Actor(ActorKind.PLATFORM, platform))


def read_tenant_credits(context: Context, asked: Asked) -> CreditsBody:
    platform = platform_of(context, asked, PlatformScope.GRANT_CREDITS)
    tenants.check_own(context, platform, TenantId(asked.id()))
    return read_credits(context, asked)


def _granted(context: Context, asked: Asked, tenant: TenantId, by: Actor) -> Answer:
    is_new = crediting.grant(context, tenant, asked.body.amount, asked.body.reference, by)
    return Answer(CreditsBody(left=crediting.count_left(context, tenant)), status=201 if is_new else 200)


OPERATIONS: Final = (
    Operation(
        "POST", "/admin/tenants/{id}/credits", "grantCredits", "Give a tenant credits for texts by a model.",
        grant_credits, CreditsBody, 201, body=GrantBody, others={200: CreditsBody}, problems=OF_TENANT, role=Role.ADMIN,
    ),
    Operation(
        "GET", "/admin/tenants/{id}/credits", "readCredits", "Read how many credits a tenant has left.",
        read_credits, CreditsBody, problems=(404, 422), role=Role.SUPPORT,
    ),
    Operation(
        "POST", "/platform/tenants/{id}/credits", "grantTenantCredits",
        "Give a tenant of this platform credits for texts by a model.",
        grant_tenant_credits, CreditsBody, 201, body=GrantBody, others={200: CreditsBody}, problems=OF_TENANT,
        public=True, by_platform=True,
    ),
    Operation(
        "GET", "/platform/tenants/{id}/credits", "readTenantCredits",
        "Read how many credits a tenant of this platform has left.",
        read_tenant_credits, CreditsBody, problems=(404, *BAD_BODY), public=True, by_platform=True,
    ),
)  # fmt: skip
