"""Quotas over HTTP: administrators and platforms say how much a tenant may have."""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from stoflow.domain.audit import Actor, ActorKind, admin
from stoflow.domain.ids import TenantId
from stoflow.domain.platform import PlatformScope
from stoflow.domain.quota import Quota, QuotaName
from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.resources.account_bodies import QuotaBody
from stoflow.http.resources.platform import BAD_BODY, platform_of
from stoflow.http.rest.answers import Answered
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import MAX_ID, Given
from stoflow.resources.platform import tenants
from stoflow.resources.tenants import limiting
from stoflow.storage.tenants.quotas import Limits

Limit = Annotated[int, Field(ge=0, le=MAX_ID)] | None
OF_TENANT: Final = (404, *BAD_BODY)


class LimitsBody(Given):
    """How much the tenant may have: what is null, or is not named, has no limit any more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"products": 500, "marketplaces": 2}]})

    products: Annotated[Limit, Field(description="That are not deleted.")] = None
    marketplaces: Annotated[Limit, Field(description="Connected by a consent or by credentials.")] = None
    jobs_per_day: Annotated[Limit, Field(description="Asked for from midnight to midnight in UTC.")] = None


class QuotasBody(Answered):
    items: list[QuotaBody]


def read_quotas(context: Context, asked: Asked) -> QuotasBody:
    return _body(limiting.read_quotas(context, TenantId(asked.id())))


def set_quotas(context: Context, asked: Asked) -> QuotasBody:
    return _body(limiting.set_limits(context, TenantId(asked.id()), _limits(asked), admin(asked.tenant)))


def read_tenant_quotas(context: Context, asked: Asked) -> QuotasBody:
    _, tenant = _own(context, asked)
    return _body(limiting.read_quotas(context, tenant))


def set_tenant_quotas(context: Context, asked: Asked) -> QuotasBody:
    by, tenant = _own(context, asked)
    return _body(limiting.set_limits(context, tenant, _limits(asked), by))


def _own(context: Context, asked: Asked) -> tuple[Actor, TenantId]:
    """Return the platform and its tenant; raise NotFound for another's."""
    platform, tenant = platform_of(context, asked, PlatformScope.KEEP_QUOTAS), TenantId(asked.id())
    tenants.check_own(context, platform, tenant)
    return Actor(ActorKind.PLATFORM, platform), tenant


def _limits(asked: Asked) -> Limits:
    given: dict[str, Any] = asked.body.model_dump()
    return {name: given[name] for name in QuotaName}


def _body(found: tuple[Quota, ...]) -> QuotasBody:
    return QuotasBody(items=[QuotaBody.of(quota) for quota in found])


OPERATIONS: Final = (
    Operation(
        "GET", "/admin/tenants/{id}/quotas", "readQuotas", "Read how much a tenant may have, and has.",
        read_quotas, QuotasBody, problems=(404, 422), role=Role.SUPPORT,
    ),
    Operation(
        "PUT", "/admin/tenants/{id}/quotas", "setQuotas", "Say how much a tenant may have.",
        set_quotas, QuotasBody, body=LimitsBody, problems=OF_TENANT, role=Role.ADMIN,
    ),
    Operation(
        "GET", "/platform/tenants/{id}/quotas", "readTenantQuotas",
        "Read how much a tenant of this platform may have, and has.",
        read_tenant_quotas, QuotasBody, problems=OF_TENANT, public=True, by_platform=True,
    ),
    Operation(
        "PUT", "/platform/tenants/{id}/quotas", "setTenantQuotas",
        "Say how much a tenant of this platform may have.",
        set_tenant_quotas, QuotasBody, body=LimitsBody, problems=OF_TENANT, public=True, by_platform=True,
    ),
)  # fmt: skip
