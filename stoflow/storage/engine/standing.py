"""Whether a marketplace may be called for a tenant: its connection's state, as the engine changes it."""

from stoflow.domain.ids import TenantId
from stoflow.storage.engine.statement import Statement, bind

NEEDS_SELLER = """
UPDATE {s}.connections SET state = 'needs_seller', reason = %(reason)s, updated_at = clock_timestamp()
WHERE marketplace = %(marketplace)s AND state = 'connected'
"""

CONNECTED = """
WITH good AS (
  UPDATE {s}.connections SET state = 'connected', reason = NULL, updated_at = clock_timestamp()
  WHERE marketplace = %(marketplace)s AND state <> 'connected' RETURNING marketplace
)
INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, 0 FROM good
"""


def needs_seller(tenant: TenantId, marketplace: str, reason: str) -> Statement:
    """Stop this marketplace for this tenant until the seller has acted."""
    return bind(NEEDS_SELLER, tenant, marketplace=marketplace, reason=reason)


def connected_again(tenant: TenantId, marketplace: str) -> Statement:
    """Let the tenant's jobs there go on, and tell their owner."""
    return bind(CONNECTED, tenant, marketplace=marketplace)
