"""Claims of deliveries and their settles: each try is one worker's, and what it settles is fenced by its claim."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId

CLAIMS_LOCK: Final = 0x53544F57  # "STOW": who claims sees how many calls of each receiver are under way
CALLS_A_RECEIVER: Final = 2

# Waited for, since a claim takes milliseconds: whoever found it taken would have looked again a second later.
TURN = "SELECT pg_advisory_xact_lock(%s)"

# A webhook whose last call failed is tried with one. A claim ends by itself: its time is when it is due again.
CLAIM = """
WITH busy AS (
  SELECT w.receiver, count(*) AS calls FROM public.webhook_deliveries d JOIN public.webhooks w ON w.id = d.webhook
  WHERE d.claimed_until > clock_timestamp() GROUP BY w.receiver
), ready AS (
  SELECT d.id, d.next_at, w.receiver, row_number() OVER (PARTITION BY w.receiver ORDER BY d.next_at, d.id) AS place
  FROM public.webhooks w CROSS JOIN LATERAL (
    SELECT id, next_at FROM public.webhook_deliveries
    WHERE webhook = w.id AND state = 'waiting' AND next_at <= clock_timestamp()
    ORDER BY next_at, id LIMIT CASE WHEN w.failures > 0 THEN 1 ELSE %(each)s::int END
  ) AS d
  WHERE w.active AND (w.rests_until IS NULL OR w.rests_until <= clock_timestamp())
), chosen AS (
  SELECT ready.id FROM ready LEFT JOIN busy USING (receiver)
  WHERE ready.place <= %(each)s::int - coalesce(busy.calls, 0) ORDER BY ready.next_at, ready.id LIMIT %(limit)s
)
UPDATE public.webhook_deliveries d
SET claims = d.claims + 1, attempts = d.attempts + 1, tried_at = clock_timestamp(),
  claimed_until = clock_timestamp() + %(lease_s)s::float8 * interval '1 second',
  next_at = clock_timestamp() + %(lease_s)s::float8 * interval '1 second'
FROM chosen, public.webhooks w WHERE d.id = chosen.id AND w.id = d.webhook
RETURNING d.id, d.claims, d.attempts, d.webhook, w.tenant, w.platform, d.message, d.body, w.url, w.failures, w.secret,
  CASE WHEN w.old_until > clock_timestamp() THEN w.old_secret END AS old_secret
"""

DELIVERED = """
WITH mine AS (
  UPDATE public.webhook_deliveries
  SET state = 'delivered', claimed_until = NULL, status = %(status)s, error = NULL, duration_ms = %(duration_ms)s
  WHERE id = %(delivery)s AND claims = %(claims)s AND state = 'waiting' RETURNING webhook
)
UPDATE public.webhooks w SET failures = 0, failing_since = NULL, rests_until = NULL
FROM mine WHERE w.id = mine.webhook AND w.failures > 0
"""

FAILED = """
WITH mine AS (
  UPDATE public.webhook_deliveries
  SET state = CASE WHEN %(next_s)s::float8 IS NULL THEN 'failed' ELSE 'waiting' END, claimed_until = NULL,
    next_at = clock_timestamp() + coalesce(%(next_s)s::float8, 0) * interval '1 second', status = %(status)s,
    error = %(error)s, duration_ms = %(duration_ms)s
  WHERE id = %(delivery)s AND claims = %(claims)s AND state = 'waiting' RETURNING webhook
)
UPDATE public.webhooks w
SET failures = w.failures + 1, failing_since = coalesce(w.failing_since, clock_timestamp()),
  rests_until = clock_timestamp() + %(rest_s)s::float8 * interval '1 second'
FROM mine WHERE w.id = mine.webhook AND w.active
RETURNING w.failing_since < clock_timestamp() - %(day_s)s::float8 * interval '1 second' AS is_down
"""

DISABLE = """
WITH off AS (
  UPDATE public.webhooks SET active = false, disabled_reason = %(reason)s, updated_at = clock_timestamp()
  WHERE id = %(webhook)s AND active RETURNING id, tenant
), told AS (
  INSERT INTO public.events (tenant, type, state, subject)
  SELECT tenant, 'webhook_disabled', %(reason)s, id FROM off WHERE tenant IS NOT NULL
), ended AS (
  UPDATE public.webhook_deliveries d SET state = 'failed', error = coalesce(d.error, %(reason)s), claimed_until = NULL
  FROM off WHERE d.webhook = off.id AND d.state = 'waiting'
)
SELECT id FROM off
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One try to be made; `claims` is its fence. The secrets are sealed."""

    id: int
    claims: int
    attempts: int
    webhook: int
    tenant: TenantId | None
    platform: str | None
    message: str
    body: str = field(repr=False)
    url: str
    failures: int
    secret: str = field(repr=False)
    old_secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try: the receiver's status, or why there is none."""

    status: int | None
    error: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Pauses:
    """What follows a failure: when it is tried again (None: never), until when its receiver rests, and how long it may
    take none before it is switched off; in real seconds."""

    next_s: float | None
    rest_s: float
    day_s: float


def claim_deliveries(connection: Connection[DictRow], *, limit: int, lease_s: float) -> Sequence[Claimed]:
    """Claim what is due, after any other worker that claims."""
    connection.execute(TURN, [CLAIMS_LOCK])
    params = {"limit": limit, "lease_s": lease_s, "each": CALLS_A_RECEIVER}
    return [Claimed(**claimed) for claimed in connection.execute(CLAIM, params)]


def settle_delivered(connection: Connection[DictRow], claimed: Claimed, tried: Tried) -> None:
    connection.execute(DELIVERED, _settled(claimed, tried))


def settle_failed(connection: Connection[DictRow], claimed: Claimed, tried: Tried, pauses: Pauses) -> bool:
    """Let it be tried again, or never; return whether nothing was delivered to the receiver for too long."""
    row = connection.execute(FAILED, _settled(claimed, tried) | asdict(pauses)).fetchone()
    return bool(row and row["is_down"])


def disable(connection: Connection[DictRow], webhook: int, reason: str) -> bool:
    """Switch the webhook off and say why; return whether it was on."""
    return connection.execute(DISABLE, {"webhook": webhook, "reason": reason}).fetchone() is not None


def _settled(claimed: Claimed, tried: Tried) -> dict[str, Any]:
    return {
        "delivery": claimed.id,
        "claims": claimed.claims,
        "status": tried.status,
        "error": tried.error or None,
        "duration_ms": tried.duration_ms,
    }
