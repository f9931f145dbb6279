"""Scopes that a seller did not grant: what of a job waits for them, and which were granted."""

from collections.abc import Sequence

from stoflow.domain.ids import TaskId, TenantId
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.statement import Statement, bind

NOT_GRANTED = "not_granted"
ASK_AGAIN_S = 60.0  # a new consent lets it go on at once; a refresh may have brought more

GRANTED = "SELECT granted FROM {s}.connections WHERE marketplace = %(marketplace)s"

WAIT = """
UPDATE {s}.marketplace_tasks t
SET not_before = clock_timestamp() + %(wait_s)s::float8 * interval '1 second', error = %(reason)s,
    error_kind = %(kind)s
WHERE t.id = %(task)s AND t.claims = %(claims)s AND t.status = 'pending' RETURNING id
"""


def granted_scopes(connection: Transaction, tenant: TenantId, marketplace: str) -> Sequence[str] | None:
    """Return what the marketplace says it granted, None where it named nothing, or is not connected."""
    row = bind(GRANTED, tenant, marketplace=marketplace).on(connection).fetchone()
    return row["granted"] if row else None


def wait_for_scopes(tenant: TenantId, task: TaskId, claims: int, reason: str) -> Statement[bool]:
    """Let the task wait, uncharged; False where it moved on meanwhile."""
    return bind(WAIT, tenant, task=task, claims=claims, reason=reason, kind=NOT_GRANTED, wait_s=ASK_AGAIN_S)
