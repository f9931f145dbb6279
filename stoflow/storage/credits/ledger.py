"""The ledger of a tenant's credits: what is left is the sum of its rows, none of which is ever changed."""

from typing import Final

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.audit import Act, Actor
from stoflow.domain.errors import Conflict
from stoflow.domain.ids import TenantId
from stoflow.storage.audit_log import add_entry
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import no_tenant

LEDGER_LOCK: Final = 0x53544F43  # "STOC"
HOLD = "SELECT pg_advisory_xact_lock(%(lock)s, %(tenant)s)"
# The last row says it; only where that was written before rows did, they are summed.
LEFT = """
SELECT coalesce(
  (SELECT balance FROM public.ai_credits WHERE tenant = %(tenant)s ORDER BY id DESC LIMIT 1),
  (SELECT sum(amount) FROM public.ai_credits WHERE tenant = %(tenant)s), 0)::int AS left
"""
GRANTED = """
SELECT amount FROM public.ai_credits WHERE tenant = %(tenant)s AND kind = 'grant' AND reference = %(reference)s
"""
ADD = """
INSERT INTO public.ai_credits (tenant, kind, amount, digest, reference, reservation)
SELECT id, %(kind)s, %(amount)s, %(digest)s, %(reference)s, %(reservation)s FROM public.users WHERE id = %(tenant)s
RETURNING id
"""


def credits_left(database: Database, tenant: TenantId) -> int:
    with database.reading() as connection:
        return count_left(connection, tenant)


def grant(database: Database, tenant: TenantId, amount: int, reference: str, by: Actor) -> bool:
    """Give a tenant credits; return whether that is new: by the same reference they were given before.

    Raise NotFound, and Conflict where the reference was of another amount.
    """
    with database.records() as connection:
        hold_ledger(connection, tenant)
        known = connection.execute(GRANTED, {"tenant": tenant, "reference": reference}).fetchone()
        if known and known["amount"] != amount:
            raise Conflict(f"By this reference {known['amount']:,} credits were granted: give another one for others.")
        if known:
            return False
        add(connection, tenant, "grant", amount, reference=reference)
        add_entry(connection, by, Act.CREDITS_GRANTED, tenant, amount=amount)
    return True


def hold_ledger(connection: Connection[DictRow], tenant: TenantId) -> None:
    """Let nobody else add to the tenant's ledger until the commit."""
    connection.execute(HOLD, {"lock": LEDGER_LOCK, "tenant": tenant})


def count_left(connection: Connection[DictRow], tenant: TenantId) -> int:
    row = connection.execute(LEFT, {"tenant": tenant}).fetchone()
    return row["left"] if row else 0


def add(
    connection: Connection[DictRow],
    tenant: TenantId,
    kind: str,
    amount: int,
    *,
    digest: str | None = None,
    reference: str | None = None,
    reservation: int | None = None,
) -> int:
    """Add a row and return its number; raise NotFound."""
    values = {"tenant": tenant, "kind": kind, "amount": amount}
    more = {"digest": digest, "reference": reference, "reservation": reservation}
    row = connection.execute(ADD, values | more).fetchone()
    if row is None:
        raise no_tenant(tenant)
    return row["id"]
