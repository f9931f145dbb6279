"""Platforms over HTTP: one with accounts of its own makes tenants for them, and asks for their access tokens."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from stoflow.domain.audit import Actor, ActorKind
from stoflow.domain.facts.sign_ins import TokenRefused
from stoflow.domain.ids import TenantId
from stoflow.domain.platform import PlatformScope
from stoflow.http.auth.auth import bearer_token
from stoflow.http.auth.tokens import LIFETIME_S, NotAuthenticated
from stoflow.http.context import Context
from stoflow.http.resources.account_bodies import Email, LeavingAnswer
from stoflow.http.resources.exports import ZIP, export_of
from stoflow.http.rest.answers import Answered
from stoflow.http.rest.endpoint import Answer, Asked, Operation, StreamAnswer
from stoflow.http.rest.problems import NotAllowed
from stoflow.http.rest.schemas import Given, Word
from stoflow.monitoring.record import record
from stoflow.resources.platform import tenants
from stoflow.resources.tenants import deleting
from stoflow.storage.credentials.platform_keys import PREFIX, find_platform

BAD_BODY: Final = (400, 401, 403, 408, 413, 415, 422)


class NewTenant(Given):
    """An account of the platform, by the address that it has there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "seller@example.com"}]})

    email: Email
    full_name: Word | None = None


class LeavingQuery(Given):
    """What is to become of what is for sale."""

    listings: Annotated[Literal["end", "leave"], Field(description="`leave` where it is not given.")] = "leave"


class TenantBody(Answered):
    id: int


class AccessTokenBody(Answered):
    """An access token for the API and the sockets, for one tenant."""

    tenant: int
    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - how it is sent, as RFC 6750 calls it
    expires_in: Annotated[int, Field(description="Seconds until the access token ends; then ask for another.")]


def create_tenant(context: Context, asked: Asked) -> Answer:
    platform = platform_of(context, asked, PlatformScope.CREATE_TENANTS)
    tenant, is_new = tenants.make_tenant(context, platform, asked.body.email, asked.body.full_name)
    return Answer(TenantBody(id=tenant), status=201 if is_new else 200)


def mint_token(context: Context, asked: Asked) -> AccessTokenBody:
    platform, tenant = platform_of(context, asked, PlatformScope.MINT_TOKENS), TenantId(asked.id())
    tenants.check_own_tenant(context, platform, tenant)
    token = context.tokens.issue_access_token(tenant)
    return AccessTokenBody(tenant=tenant, access_token=token, expires_in=LIFETIME_S)


def delete_tenant(context: Context, asked: Asked) -> LeavingAnswer:
    platform, tenant = platform_of(context, asked, PlatformScope.DELETE_TENANTS), TenantId(asked.id())
    tenants.check_own(context, platform, tenant)
    ends = asked.query.listings == "end"
    by = Actor(ActorKind.PLATFORM, platform)
    return LeavingAnswer(step=deleting.delete_tenant(context, tenant, by, ends_listings=ends))


def export_tenant(context: Context, asked: Asked) -> StreamAnswer:
    platform, tenant = platform_of(context, asked, PlatformScope.EXPORT_TENANTS), TenantId(asked.id())
    tenants.check_own(context, platform, tenant)
    return export_of(context, tenant)


def platform_of(context: Context, asked: Asked, scope: PlatformScope) -> str:
    """Return whose key was sent; raise NotAuthenticated, or NotAllowed for one that is not good for this."""
    key = bearer_token(asked.headers.get("authorization", ""))
    platform = find_platform(context.database, key) if key.startswith(PREFIX) else None
    if platform is None:
        refused = NotAuthenticated("This is no platform key that is known here, or it is revoked.")
        record(TokenRefused(str(refused)))
        raise refused
    if scope not in platform.scopes:
        raise NotAllowed(f"This platform key is not good for {scope}.")
    return platform.name


OPERATIONS: Final = (
    Operation(
        "POST", "/platform/tenants", "createTenant", "Make a tenant of this platform; asked again, it is the same one.",
        create_tenant, TenantBody, 201, body=NewTenant, others={200: TenantBody}, problems=(409, *BAD_BODY),
        public=True, by_platform=True,
    ),
    Operation(
        "POST", "/platform/tenants/{id}/tokens", "mintToken", "Make an access token for a tenant of this platform.",
        mint_token, AccessTokenBody, 201, problems=(404, *BAD_BODY), public=True, by_platform=True,
    ),
    Operation(
        "DELETE", "/platform/tenants/{id}", "deleteTenant", "Delete a tenant with all they have; it goes on by itself.",
        delete_tenant, LeavingAnswer, 202, query=LeavingQuery, problems=(404, *BAD_BODY), public=True, by_platform=True,
    ),
    Operation(
        "GET", "/platform/tenants/{id}/export", "exportTenant",
        "Get all that a tenant has: a zip of NDJSON and photos.",
        export_tenant, (ZIP,), problems=(404, *BAD_BODY), public=True, by_platform=True, heavy=True,
    ),
)  # fmt: skip
