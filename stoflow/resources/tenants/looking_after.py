"""Support finds tenants; administrators suspend them, let them go on, and sign them out."""

from dataclasses import dataclass

from stoflow.domain.audit import AuditEntry, admin
from stoflow.domain.errors import Conflict, NotFound
from stoflow.domain.facts.sign_ins import TenantResumed, TenantSignedOut, TenantSuspended
from stoflow.domain.ids import TenantId
from stoflow.domain.page import Page, id_in
from stoflow.monitoring.record import record
from stoflow.resources.needs import Announces, Reads
from stoflow.storage.audit_log import list_entries
from stoflow.storage.credentials.token_families import revoke_all
from stoflow.storage.database.tenants import resume_tenant, suspend_tenant
from stoflow.storage.tenants.listing import TenantView, view_tenant, view_tenants


@dataclass(frozen=True, slots=True)
class TenantFilter:
    """Which tenants, and from where on."""

    search: str = ""
    active: bool | None = None
    limit: int = 50
    cursor: str | None = None


def list_tenants(needs: Reads, wanted: TenantFilter) -> Page[TenantView]:
    """Return one page, by number; raise InputError for a cursor that no list gave."""
    after, limit = id_in(wanted.cursor) or 0, wanted.limit
    found = view_tenants(needs.database, search=wanted.search, active=wanted.active, after=after, limit=limit + 1)
    items = found[:limit]
    return Page(items, str(items[-1].id) if len(found) > limit else None)


def find_tenant(needs: Reads, tenant: TenantId) -> TenantView:
    found = view_tenant(needs.database, tenant)
    if found is None:
        raise NotFound(f"There is no tenant {tenant}.")
    return found


def suspend(needs: Announces, tenant: TenantId, by: TenantId) -> TenantView:
    """Stop a tenant everywhere within two seconds; raise NotFound, and Conflict for oneself."""
    if tenant == by:
        raise Conflict("Nobody suspends themselves: another administrator must.")
    find_tenant(needs, tenant)
    suspend_tenant(needs.database, tenant, admin(by))
    record(TenantSuspended(tenant))
    needs.announced()
    return find_tenant(needs, tenant)


def resume(needs: Announces, tenant: TenantId, by: TenantId) -> TenantView:
    find_tenant(needs, tenant)
    resume_tenant(needs.database, tenant, admin(by))
    record(TenantResumed(tenant))
    needs.announced()
    return find_tenant(needs, tenant)


def sign_out(needs: Reads, tenant: TenantId, by: TenantId) -> int:
    """End every sign-in of a tenant; return how many there were."""
    find_tenant(needs, tenant)
    ended = revoke_all(needs.database, tenant, admin(by))
    record(TenantSignedOut(tenant))
    return ended


def list_audit(needs: Reads, limit: int, cursor: str | None, tenant: int | None) -> Page[AuditEntry]:
    return list_entries(needs.database, limit=limit, cursor=cursor, tenant=tenant)
