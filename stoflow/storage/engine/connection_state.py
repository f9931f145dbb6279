"""Whether a marketplace may be called for a tenant: its connection's state, as the engine changes it."""

from stoflow.domain.ids import TaskId, TenantId
from stoflow.storage.engine.statement import Statement, bind

# An attempt that began before the seller connected anew says nothing of the new connection. A marketplace without a
# connection gets one that waits: otherwise its jobs would ask again without end.
NEEDS_SELLER = """
INSERT INTO {s}.connections AS c (marketplace, state, reason) VALUES (%(marketplace)s, 'needs_seller', %(reason)s)
ON CONFLICT (marketplace) DO UPDATE SET state = 'needs_seller', reason = EXCLUDED.reason,
  updated_at = clock_timestamp()
WHERE c.state = 'connected' AND c.updated_at <= coalesce((
  SELECT min(l.at) FROM {s}.job_timeline l JOIN {s}.marketplace_tasks t ON t.job_id = l.job_id AND t.name = l.task
  WHERE t.id = %(task)s::int AND l.attempt = %(claims)s::int), clock_timestamp())
RETURNING marketplace
"""

NO_WORDS = "The seller must log in to the marketplace again."

CONNECTED = """
WITH good AS (
  UPDATE {s}.connections SET state = 'connected', reason = NULL, updated_at = clock_timestamp()
  WHERE marketplace = %(marketplace)s AND state <> 'connected' RETURNING marketplace
)
INSERT INTO public.outbox (tenant, job) SELECT %(tenant)s, 0 FROM good
"""


def needs_seller(
    tenant: TenantId, marketplace: str, reason: str, *, task: TaskId | None = None, claims: int = 0
) -> Statement:
    """Stop this marketplace for this tenant until the seller has acted.

    `task` and `claims` name the attempt that was told so; None where it was learned just now.
    """
    words = reason or NO_WORDS  # who reads the standing takes an empty reason for none
    return bind(NEEDS_SELLER, tenant, marketplace=marketplace, reason=words, task=task, claims=claims)


def connected_again(tenant: TenantId, marketplace: str) -> Statement:
    """Let the tenant's jobs there go on, and tell their owner."""
    return bind(CONNECTED, tenant, marketplace=marketplace)
