"""A platform makes tenants of its own, and asks for tokens for them: for its own, and no others."""

from stoflow.domain.errors import AccountSuspended, Conflict, NotFound
from stoflow.domain.facts.sign_ins import PlatformMadeTenant, PlatformMintedToken
from stoflow.domain.ids import TenantId
from stoflow.monitoring.record import record
from stoflow.resources.needs import Reads
from stoflow.storage.credentials.platform_keys import find_tenant, find_tenant_by_email
from stoflow.storage.database.tenants import create_tenant


def make_tenant(needs: Reads, platform: str, email: str, full_name: str | None) -> tuple[TenantId, bool]:
    """Return the platform's tenant with that address, and whether it is new: asked again, it is the same one.

    Raise InputError for what is no address, Conflict where it is somebody else's.
    """
    try:
        made = create_tenant(needs.database, email, full_name=full_name, platform=platform)
    except Conflict:
        known = find_tenant_by_email(needs.database, platform, email.strip().lower())
        if known is None:
            raise
        return known.id, False
    record(PlatformMadeTenant(made, platform))
    return made, True


def check_own(needs: Reads, platform: str, tenant: TenantId) -> None:
    """Raise NotFound for another's tenant, also one that is there no more."""
    if find_tenant(needs.database, platform, tenant) is None:
        raise NotFound(f"There is no tenant {tenant} of yours.")


def check_own_tenant(needs: Reads, platform: str, tenant: TenantId) -> None:
    """Raise NotFound for another's tenant, AccountSuspended for one that may do nothing now."""
    known = find_tenant(needs.database, platform, tenant)
    if known is None:
        raise NotFound(f"There is no tenant {tenant} of yours.")
    if not known.is_active:
        raise AccountSuspended("This account is suspended.")
    record(PlatformMintedToken(tenant, platform))
