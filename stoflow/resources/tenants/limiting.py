"""How much a tenant may have: read, and set by those who look after them."""

from stoflow.domain.audit import Actor
from stoflow.domain.ids import TenantId
from stoflow.domain.quota import Quota
from stoflow.resources.needs import Reads
from stoflow.resources.tenants.looking_after import find_tenant
from stoflow.storage.tenants import quotas
from stoflow.storage.tenants.quotas import Limits


def read_quotas(needs: Reads, tenant: TenantId) -> tuple[Quota, ...]:
    """Return how each quota stands, also those without a limit; raise NotFound."""
    find_tenant(needs, tenant)
    return quotas.read_quotas(needs.database, tenant)


def set_limits(needs: Reads, tenant: TenantId, limits: Limits, by: Actor) -> tuple[Quota, ...]:
    """Give a tenant these limits and no others; raise NotFound."""
    quotas.set_limits(needs.database, tenant, limits, by)
    return quotas.read_quotas(needs.database, tenant)
