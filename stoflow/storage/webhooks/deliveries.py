"""Rows of deliveries: made from events, shown to their owners, tried again when somebody asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.domain.webhook import Owner
from stoflow.storage.webhooks.webhooks import OWNED

TENANTS_AT_ONCE: Final = 200
FORGOTTEN_AT_ONCE: Final = 5_000
KEPT_S: Final = 7 * 86_400.0
COLUMNS: Final = "id, type, message, state, attempts, next_at, created_at, tried_at, status, error, duration_ms"

BEHIND = """
SELECT tenant, hooked FROM public.event_heads WHERE hooked < number ORDER BY tenant LIMIT %(limit)s
"""

WANTED = """
SELECT id, events FROM public.webhooks WHERE active AND (tenant = %(tenant)s
  OR platform = (SELECT platform FROM public.platform_tenants WHERE tenant = %(tenant)s)) ORDER BY id
"""

# Whoever moves the place on makes the deliveries, in the same commit; where nobody wants any, nobody looks again.
ADVANCE = """
UPDATE public.event_heads SET hooked = %(after)s WHERE tenant = %(tenant)s AND hooked = %(before)s RETURNING tenant
"""

MAKE = """
INSERT INTO public.webhook_deliveries (webhook, tenant, message, type, body)
VALUES (%(webhook)s, %(tenant)s, %(message)s, %(type)s, %(body)s) ON CONFLICT (webhook, message) DO NOTHING
RETURNING id
"""

OF_OWNER = f"SELECT id FROM public.webhooks WHERE {OWNED} AND id = %(webhook)s"

LOG = f"""
SELECT {COLUMNS} FROM public.webhook_deliveries
WHERE webhook = (SELECT w.id FROM ({OF_OWNER}) AS w) AND (%(before)s::int IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""

# The claims count on: a try that is under way settles nothing any more.
REPLAY = f"""
UPDATE public.webhook_deliveries
SET state = 'waiting', attempts = 0, claims = claims + 1, claimed_until = NULL, next_at = clock_timestamp(),
  error = NULL
WHERE webhook = (SELECT w.id FROM ({OF_OWNER}) AS w) AND id = %(delivery)s RETURNING {COLUMNS}
"""

FIND = f"SELECT {COLUMNS} FROM public.webhook_deliveries WHERE id = %(delivery)s"

FORGET = """
DELETE FROM public.webhook_deliveries WHERE id IN (SELECT id FROM public.webhook_deliveries ORDER BY id LIMIT %(limit)s)
  AND created_at < clock_timestamp() - %(kept_s)s::float8 * interval '1 second' AND state <> 'waiting'
"""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery and its last try: what the receiver answered is its `status`, what else went wrong its `error`."""

    id: int
    type: str
    message: str
    state: str
    attempts: int
    next_at: datetime
    created_at: datetime
    tried_at: datetime | None
    status: int | None
    error: str | None
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: the same `id` and `body` at each try, whoever receives it."""

    id: str
    type: str
    body: str
    tenant: TenantId | None


def tenants_behind(connection: Connection[DictRow]) -> Sequence[tuple[TenantId, int]]:
    """Return the tenants of whom somebody wants to be told and has not been told all, with their places."""
    rows = connection.execute(BEHIND, {"limit": TENANTS_AT_ONCE})
    return [(TenantId(row["tenant"]), row["hooked"]) for row in rows]


def wanted_events(connection: Connection[DictRow], tenant: TenantId) -> Sequence[tuple[int, frozenset[str]]]:
    """Return the webhooks that are told of this tenant, each with what it wants to be told."""
    return [(row["id"], frozenset(row["events"])) for row in connection.execute(WANTED, {"tenant": tenant})]


def advance(connection: Connection[DictRow], tenant: TenantId, *, before: int, after: int | None) -> bool:
    """Move the tenant's place on; False where somebody else has done it."""
    params = {"tenant": tenant, "before": before, "after": after}
    return connection.execute(ADVANCE, params).fetchone() is not None


def make_delivery(connection: Connection[DictRow], webhook: int, message: Message) -> int | None:
    """Return the new delivery's id, None where this webhook has this message already."""
    row = connection.execute(MAKE, _made_of(webhook, message)).fetchone()
    return row["id"] if row else None


def make_deliveries(connection: Connection[DictRow], wanted: Sequence[tuple[int, Message]]) -> int:
    """Make one for each webhook and message, all in one round trip; return how many were not there already."""
    with connection.cursor() as cursor:
        cursor.executemany(MAKE, [_made_of(webhook, message) for webhook, message in wanted])
        return max(0, cursor.rowcount)  # -1 where there was nothing to do


def view_deliveries(
    connection: Connection[DictRow], owner: Owner, webhook: int, *, before: int | None, limit: int
) -> Sequence[DeliveryView]:
    """Return deliveries, newest first."""
    params = {**_of(owner, webhook), "before": before, "limit": limit}
    return [DeliveryView(**row) for row in connection.execute(LOG, params)]


def view_delivery(connection: Connection[DictRow], delivery: int) -> DeliveryView:
    row = connection.execute(FIND, {"delivery": delivery}).fetchone()
    assert row is not None
    return DeliveryView(**row)


def replay(connection: Connection[DictRow], owner: Owner, webhook: int, delivery: int) -> DeliveryView | None:
    """Let a delivery be tried from the beginning, whatever became of it; None where there is none."""
    row = connection.execute(REPLAY, {**_of(owner, webhook), "delivery": delivery}).fetchone()
    return DeliveryView(**row) if row else None


def forget_deliveries(connection: Connection[DictRow]) -> None:
    """Forget some of what came to an end long ago."""
    connection.execute(FORGET, {"limit": FORGOTTEN_AT_ONCE, "kept_s": KEPT_S})


def _made_of(webhook: int, message: Message) -> dict[str, Any]:
    params = {"webhook": webhook, "tenant": message.tenant, "message": message.id, "type": message.type}
    return {**params, "body": message.body}


def _of(owner: Owner, webhook: int) -> dict[str, Any]:
    return {"tenant": owner.tenant, "platform": owner.platform, "webhook": webhook}
