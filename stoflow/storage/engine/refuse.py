"""The mark that a marketplace refuses StoFlow's own application: set, tried, ended, and read."""

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.application import Channel, Refusal, RefusalView, StandingRefusal
from stoflow.domain.ids import TenantId
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.statement import Parts

DETAIL_CHARS = 300
FIRST_TRY_S, LONGEST_TRY_S = 5.0, 300.0
FIRST_SPENT_S, LONGEST_SPENT_S = 60.0, 3_600.0  # where the day's calls are used up

# Begun in this transaction where both times are its own. A seller whose limit it was, as another seller's call has
# shown, sets no mark for others.
REFUSE = """
INSERT INTO public.application_refusals AS r (marketplace, channel, tenant, detail, next_try)
VALUES (%(marketplace)s, %(channel)s, %(tenant)s, %(detail)s,
        clock_timestamp() + %(wait_s)s::float8 * interval '1 second')
ON CONFLICT (marketplace) DO UPDATE
SET channel = EXCLUDED.channel, detail = EXCLUDED.detail, refused_at = now(), ended_at = NULL, ended_by = NULL,
    tenant = CASE WHEN r.ended_at IS NULL THEN r.tenant ELSE EXCLUDED.tenant END,
    since = CASE WHEN r.ended_at IS NULL THEN r.since ELSE now() END,
    tries = CASE WHEN r.ended_at IS NULL THEN r.tries ELSE 0 END,
    next_try = CASE WHEN r.ended_at IS NOT NULL THEN EXCLUDED.next_try
                    WHEN %(told)s THEN greatest(r.next_try, EXCLUDED.next_try) ELSE r.next_try END
WHERE r.ended_at IS NULL OR NOT (r.channel = 'quota' AND EXCLUDED.channel = 'quota'
  AND coalesce(r.tenant = EXCLUDED.tenant AND r.ended_by <> r.tenant AND r.ended_at > now() - interval '1 day', false))
RETURNING since = refused_at AS began
"""

ACCEPT = """
UPDATE public.application_refusals SET ended_at = clock_timestamp(), ended_by = %(tenant)s
WHERE marketplace = %(marketplace)s AND ended_at IS NULL AND channel = ANY(%(channels)s::text[])
  AND refused_at < clock_timestamp() - %(took_s)s::float8 * interval '1 second'
RETURNING extract(epoch FROM clock_timestamp() - since)::float8 AS lasted_s
"""

STANDING = """
SELECT marketplace, channel, detail, since, refused_at, tries, next_try, next_try <= clock_timestamp() AS is_due
FROM public.application_refusals WHERE ended_at IS NULL ORDER BY marketplace
"""

# For a job's row: what holds it, beside `j`.
REFUSAL = """(
  SELECT jsonb_build_object('channel', a.channel, 'detail', a.detail, 'since', a.since, 'due_in_s',
    extract(epoch FROM a.next_try - clock_timestamp()))
  FROM public.application_refusals a WHERE a.marketplace = j.marketplace AND a.ended_at IS NULL)"""

# One claim takes the try; the others find that it is taken, and none waits for another's commit.
TRYING: Parts = (
    (
        "trying",
        """), tried AS (
  UPDATE public.application_refusals a SET tries = a.tries + 1, next_try = clock_timestamp() + interval '1 second' *
    CASE a.channel
      WHEN 'quota' THEN least(%(longest_spent_s)s::float8, %(first_spent_s)s::float8 * power(2, least(a.tries, 16)))
      ELSE least(%(longest_try_s)s::float8, %(first_try_s)s::float8 * power(2, least(a.tries, 16))) END
  WHERE a.marketplace = (
    SELECT m.marketplace FROM public.application_refusals m
    WHERE m.marketplace = %(marketplace)s AND m.ended_at IS NULL AND m.next_try <= clock_timestamp()
    FOR UPDATE SKIP LOCKED)
  RETURNING 1
""",
    ),
    ("if tried", "AND EXISTS (SELECT FROM tried)"),
)


def try_params(scale: float) -> dict[str, float]:
    """Return the waits between tries, engine seconds being `scale` real ones."""
    return {
        "first_try_s": FIRST_TRY_S * scale,
        "longest_try_s": LONGEST_TRY_S * scale,
        "first_spent_s": FIRST_SPENT_S * scale,
        "longest_spent_s": LONGEST_SPENT_S * scale,
    }


def note_refusal(
    connection: Connection[DictRow], marketplace: str, tenant: TenantId | None, refusal: Refusal, scale: float
) -> tuple[bool, bool]:
    """Return whether a mark stands now, and whether it began with this."""
    first_s = FIRST_SPENT_S if refusal.channel is Channel.QUOTA else FIRST_TRY_S
    wait_s = (first_s if refusal.after_s is None else refusal.after_s) * scale
    params = {
        "marketplace": marketplace,
        "channel": refusal.channel.value,
        "tenant": tenant,
        "detail": refusal.detail[:DETAIL_CHARS],
        "wait_s": wait_s,
        "told": refusal.after_s is not None,
    }
    row = connection.execute(REFUSE, params).fetchone()
    return row is not None, bool(row and row["began"])


def note_accepted(
    connection: Connection[DictRow],
    marketplace: str,
    tenant: TenantId | None,
    channels: frozenset[Channel],
    took_s: float,
) -> float | None:
    """End the mark by a call that was begun `took_s` ago; return how long it stood, None where it was not ended."""
    params = {"marketplace": marketplace, "tenant": tenant, "channels": sorted(channels), "took_s": took_s}
    row = connection.execute(ACCEPT, params).fetchone()
    return row["lasted_s"] if row else None


def standing_refusals(connection: Transaction) -> list[tuple[RefusalView, bool]]:
    """Return the marks that stand, and of each whether a try is due."""
    return [(_view(row), bool(row["is_due"])) for row in connection.execute(STANDING)]


def _view(row: DictRow) -> RefusalView:
    return RefusalView(
        marketplace=row["marketplace"],
        channel=Channel(row["channel"]),
        detail=row["detail"],
        since=row["since"],
        refused_at=row["refused_at"],
        tries=row["tries"],
        next_try=row["next_try"],
    )


def refusal_in(found: DictRow | None) -> StandingRefusal | None:
    """Return what REFUSAL read."""
    return StandingRefusal(Channel(found["channel"]), float(found["due_in_s"])) if found else None
