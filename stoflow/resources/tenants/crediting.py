"""A tenant's credits for texts by a model: counted, and granted by those who look after them."""

from stoflow.domain.audit import Actor
from stoflow.domain.ids import TenantId
from stoflow.resources.needs import Reads
from stoflow.resources.tenants.looking_after import find_tenant
from stoflow.storage.credits import ledger


def count_left(needs: Reads, tenant: TenantId) -> int:
    """Return how many are left; raise NotFound."""
    find_tenant(needs, tenant)
    return ledger.credits_left(needs.database, tenant)


def grant(needs: Reads, tenant: TenantId, amount: int, reference: str, by: Actor) -> bool:
    """Give a tenant credits, once by one reference; return whether that is new. Raise NotFound, Conflict."""
    find_tenant(needs, tenant)
    return ledger.grant(needs.database, tenant, amount, reference, by)
