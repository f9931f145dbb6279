"""Tenants over HTTP, for those who look after them; and what was done to accounts."""

from typing import Any, Final, Literal

from pydantic import Field

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered, Moment, PageBody, SomeMarketplace
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import Id, PageQuery, Word
from stoflow.resources.connections.connection import ConnectionState, standing_of
from stoflow.resources.tenants import looking_after
from stoflow.resources.tenants.looking_after import TenantFilter
from stoflow.storage.tenants.listing import TenantView

NO_BODY_ASKED: Final = (400, 404, 408, 413, 415, 422)


class TenantsQuery(PageQuery):
    """`search` is looked for in addresses and names."""

    search: Word = ""
    state: Literal["active", "suspended"] | None = None


class AuditQuery(PageQuery):
    tenant: Id | None = None


class SellerBody(Answered):
    """A tenant as those see them who look after them."""

    id: int
    email: str
    full_name: str | None
    role: Role
    state: Literal["active", "suspended"]
    created_at: Moment
    last_login: Moment | None

    @classmethod
    def of_view(cls, view: TenantView) -> "SellerBody":
        return cls.with_fields(view, state="active" if view.is_active else "suspended")


class SellersPage(PageBody[SellerBody]):
    """Tenants, by number."""


class SellerConnectionBody(Answered):
    """How a seller stands at a marketplace; `reason` says why not connected, "" where they are."""

    marketplace: SomeMarketplace
    state: ConnectionState
    reason: str
    external_id: str
    expires_at: Moment | None


class SellerConnectionsBody(Answered):
    items: list[SellerConnectionBody]


class SignedOutBody(Answered):
    ended: int = Field(description="How many sign-ins are over.")


class ActorBody(Answered):
    kind: str
    name: str = Field(description="A tenant's number or a platform's name; empty for operators and StoFlow itself.")


class AuditEntryBody(Answered):
    """One act of somebody."""

    id: int
    at: Moment
    actor: ActorBody
    act: str
    tenant: int | None
    detail: dict[str, Any]


class AuditPage(PageBody[AuditEntryBody]):
    """What was done, newest first."""


def list_sellers(context: Context, asked: Asked) -> SellersPage:
    query: TenantsQuery = asked.query
    active = None if query.state is None else query.state == "active"
    wanted = TenantFilter(query.search, active, query.limit, query.cursor)
    return SellersPage.of_items(looking_after.list_tenants(context, wanted), SellerBody.of_view)


def read_seller(context: Context, asked: Asked) -> SellerBody:
    return SellerBody.of_view(looking_after.find_tenant(context, TenantId(asked.id())))


def list_seller_connections(context: Context, asked: Asked) -> SellerConnectionsBody:
    found = standing_of(context.accounts, looking_after.find_tenant(context, TenantId(asked.id())).id)
    return SellerConnectionsBody(items=[SellerConnectionBody.of(each) for each in found])


def suspend_seller(context: Context, asked: Asked) -> SellerBody:
    return SellerBody.of_view(looking_after.suspend(context, TenantId(asked.id()), asked.tenant))


def resume_seller(context: Context, asked: Asked) -> SellerBody:
    return SellerBody.of_view(looking_after.resume(context, TenantId(asked.id()), asked.tenant))


def sign_out_seller(context: Context, asked: Asked) -> SignedOutBody:
    return SignedOutBody(ended=looking_after.sign_out(context, TenantId(asked.id()), asked.tenant))


def list_audit(context: Context, asked: Asked) -> AuditPage:
    query: AuditQuery = asked.query
    found = looking_after.list_audit(context, query.limit, query.cursor, query.tenant)
    return AuditPage.of_items(found, AuditEntryBody.of)


OPERATIONS: Final = (
    Operation(
        "GET", "/admin/tenants", "listSellers", "List tenants by number, or find some by address and name.",
        list_sellers, SellersPage, query=TenantsQuery, problems=(422,), role=Role.SUPPORT,
    ),
    Operation(
        "GET", "/admin/tenants/{id}", "readSeller", "Read one tenant.",
        read_seller, SellerBody, problems=(404, 422), role=Role.SUPPORT,
    ),
    Operation(
        "GET", "/admin/tenants/{id}/connections", "listSellerConnections",
        "Read how a tenant is connected to each marketplace.",
        list_seller_connections, SellerConnectionsBody, problems=(404, 422), role=Role.SUPPORT,
    ),
    Operation(
        "POST", "/admin/tenants/{id}/suspend", "suspendSeller",
        "Let nothing of a tenant begin, and nobody in by their tokens, within two seconds.",
        suspend_seller, SellerBody, problems=(409, *NO_BODY_ASKED), role=Role.ADMIN,
    ),
    Operation(
        "POST", "/admin/tenants/{id}/resume", "resumeSeller", "Let a suspended tenant go on.",
        resume_seller, SellerBody, problems=NO_BODY_ASKED, role=Role.ADMIN,
    ),
    Operation(
        "POST", "/admin/tenants/{id}/sign-out", "signOutSeller", "End every sign-in of a tenant, sockets included.",
        sign_out_seller, SignedOutBody, problems=NO_BODY_ASKED, role=Role.ADMIN,
    ),
    Operation(
        "GET", "/admin/audit", "listAudit", "Read what people did to accounts, newest first.",
        list_audit, AuditPage, query=AuditQuery, problems=(422,), role=Role.ADMIN,
    ),
)  # fmt: skip
