"""Tenants: found by address or name, and of each one the work, what holds it, connections and quotas."""

from collections.abc import Mapping
from typing import Any, Literal

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.pages.monitoring.page import HOME, Act, Page, Shown
from stoflow.http.rest.schemas import FormBody, Given, Id, Word
from stoflow.resources.connections.connection import standing_of
from stoflow.resources.monitoring.works import busiest, works_of
from stoflow.resources.tenants import limiting, looking_after
from stoflow.resources.tenants.looking_after import TenantFilter
from stoflow.storage.tenants.listing import view_several

PATH = f"{HOME}/tenants"
MOST_BUSY = 10


class TenantsQuery(Given):
    """Which tenants, and from where on."""

    search: Word = ""
    state: Literal["", "active", "suspended"] = ""
    cursor: Word = ""


class TenantForm(FormBody):
    """Whom it concerns."""

    tenant: Id


def show_list(shown: Shown) -> Mapping[str, Any]:
    query: TenantsQuery = shown.asked.query
    active = None if not query.state else query.state == "active"
    page = looking_after.list_tenants(shown.context, TenantFilter(query.search, active, cursor=query.cursor or None))
    works = works_of(shown.glance.look().live, [tenant.id for tenant in page.items])
    return {"page": page, "works": works, "query": query, **show_busiest(shown)}


def show_busiest(shown: Shown) -> Mapping[str, Any]:
    busy = busiest(shown.glance.look().live, MOST_BUSY)
    return {"busy": busy, "known": view_several(shown.context.database, [work.tenant for work in busy])}


def show_one(shown: Shown) -> Mapping[str, Any]:
    context, tenant = shown.context, TenantId(shown.asked.id())
    return {
        "tenant": looking_after.find_tenant(context, tenant),
        "quotas": limiting.read_quotas(context, tenant),
        "connections": standing_of(context.accounts, tenant),
        "may_act": shown.viewer.role.covers(Role.ADMIN) and tenant != shown.viewer.tenant,
        **show_work(shown),
    }


def show_work(shown: Shown) -> Mapping[str, Any]:
    tenant = TenantId(shown.asked.id())
    return {"found": shown.glance.snapshot(tenant), "tenant_number": tenant}


def suspend(shown: Shown) -> str:
    return _address(looking_after.suspend(shown.context, _named(shown), shown.viewer.tenant).id)


def resume(shown: Shown) -> str:
    return _address(looking_after.resume(shown.context, _named(shown), shown.viewer.tenant).id)


def sign_out(shown: Shown) -> str:
    looking_after.sign_out(shown.context, _named(shown), shown.viewer.tenant)
    return _address(_named(shown))


def _named(shown: Shown) -> TenantId:
    return TenantId(shown.asked.body.tenant)


def _address(tenant: TenantId) -> str:
    return f"{PATH}/{tenant}"


PAGES = (
    Page(
        PATH, "Tenants", "tenants.html", show_list,
        query=TenantsQuery, label="Tenants", place=50, role=Role.SUPPORT, live=True, every_s=2.0, changing=show_busiest,
    ),
    Page(f"{PATH}/{{id}}", "Tenant", "tenant.html", show_one, role=Role.SUPPORT, live=True, changing=show_work),
)  # fmt: skip
ACTS = (
    Act(f"{PATH}/suspend", "suspendTenant", suspend, TenantForm, role=Role.ADMIN),
    Act(f"{PATH}/resume", "resumeTenant", resume, TenantForm, role=Role.ADMIN),
    Act(f"{PATH}/sign-out", "signOutTenant", sign_out, TenantForm, role=Role.ADMIN),
)
