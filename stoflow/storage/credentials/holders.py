"""Which tenant sells with which marketplace account: one each, decided by an index over all tenants."""

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId

RELEASE_OTHERS = """
DELETE FROM public.account_holders
WHERE marketplace = %(marketplace)s AND tenant = %(tenant)s AND external_id IS DISTINCT FROM %(external_id)s
"""
# Whoever comes at the same time waits here for the other one's end.
HOLD = """
INSERT INTO public.account_holders (marketplace, external_id, tenant, shared)
VALUES (%(marketplace)s, %(external_id)s, %(tenant)s, %(shared)s)
ON CONFLICT DO NOTHING
"""
HELD = """
SELECT bool_or(tenant = %(tenant)s) IS TRUE AS ours,
       bool_or(tenant <> %(tenant)s) IS TRUE AS theirs
FROM public.account_holders WHERE marketplace = %(marketplace)s AND external_id = %(external_id)s
"""


def hold_account(
    connection: Connection[DictRow], tenant: TenantId, marketplace: str, external_id: str, *, shared: bool
) -> bool:
    """Let the tenant hold this account there and no other; False where another does and it may not be shared.

    Where it is False the caller must not commit.
    """
    values = {"marketplace": marketplace, "external_id": external_id, "tenant": tenant, "shared": shared}
    connection.execute(RELEASE_OTHERS, values)
    connection.execute(HOLD, values)
    found = connection.execute(HELD, values).fetchone()
    return found is not None and found["ours"] and (shared or not found["theirs"])


def release_account(connection: Connection[DictRow], tenant: TenantId, marketplace: str) -> None:
    """Hold no account there any more."""
    connection.execute(RELEASE_OTHERS, {"marketplace": marketplace, "tenant": tenant, "external_id": None})
