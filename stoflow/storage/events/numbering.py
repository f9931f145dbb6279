"""Numbers for what was committed since, of all tenants at once; and an end for what is too old to be asked for."""

from collections.abc import Mapping, Sequence
from typing import Final

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId

NUMBERED_AT_ONCE: Final = 2_000
FORGOTTEN_AT_ONCE: Final = 5_000
KEPT_S: Final = 86_400.0
BATCH_EVERY_S: Final = 1.0
EVENTS_LOCK: Final = 0x53544F45  # "STOE": who numbers sees all that was numbered before

LOCK = "SELECT pg_advisory_xact_lock(%s)"

# In one order for each tenant, growing by one; a platform's webhooks are told of a new tenant from its first event.
# Where the jobs of a batch changed, how far it is will be told: in a second, once for all that change until then.
NUMBER = """
WITH due AS MATERIALIZED (
  SELECT id, tenant, CASE WHEN type = 'job_status_update' THEN batch END AS batch,
    row_number() OVER (PARTITION BY tenant ORDER BY id) AS place, count(*) OVER (PARTITION BY tenant) AS of_tenant
  FROM (SELECT id, tenant, type, batch FROM public.events WHERE number IS NULL AND at <= clock_timestamp()
    ORDER BY id LIMIT %(limit)s) AS waiting
), heads AS (
  INSERT INTO public.event_heads AS h (tenant, number, hooked)
  SELECT tenant, count(*), (SELECT 0 WHERE EXISTS (
      SELECT FROM public.platform_tenants p JOIN public.webhooks w USING (platform) WHERE p.tenant = due.tenant))
  FROM due GROUP BY tenant ORDER BY tenant
  ON CONFLICT (tenant) DO UPDATE SET number = h.number + EXCLUDED.number
  RETURNING tenant, number
), numbered AS (
  UPDATE public.events e
  SET number = heads.number - due.of_tenant + due.place
  FROM due JOIN heads USING (tenant) WHERE e.id = due.id
), batches AS (
  INSERT INTO public.events (tenant, type, batch, at)
  SELECT DISTINCT tenant, 'batch_progress', batch, clock_timestamp() + %(batch_s)s::float8 * interval '1 second'
  FROM due WHERE batch IS NOT NULL
  ON CONFLICT (tenant, batch) WHERE number IS NULL AND type = 'batch_progress' DO NOTHING
)
SELECT count(*) AS numbered FROM due
"""

HEADS = "SELECT tenant, number FROM public.event_heads WHERE tenant = ANY(%(tenants)s::int[])"

# The oldest by the order in which they were written; a reader is told where the kept ones begin.
FORGET = """
WITH old AS (
  SELECT id, at FROM public.events ORDER BY id LIMIT %(limit)s
), gone AS (
  DELETE FROM public.events e USING old
  WHERE e.id = old.id AND e.number IS NOT NULL AND old.at < clock_timestamp() - %(kept_s)s::float8 * interval '1 second'
  RETURNING e.tenant, e.number
)
UPDATE public.event_heads h SET forgotten = greatest(h.forgotten, last.number)
FROM (SELECT tenant, max(number) AS number FROM gone GROUP BY tenant ORDER BY tenant) AS last
WHERE h.tenant = last.tenant RETURNING h.tenant
"""


def number_events(connection: Connection[DictRow]) -> int:
    """Give numbers to what is committed and due; return to how many events."""
    connection.execute(LOCK, [EVENTS_LOCK])  # before the statement that reads, which then sees all that came before
    row = connection.execute(NUMBER, {"limit": NUMBERED_AT_ONCE, "batch_s": BATCH_EVERY_S}).fetchone()
    return row["numbered"] if row else 0


def heads_of(connection: Connection[DictRow], tenants: Sequence[TenantId]) -> Mapping[TenantId, int]:
    """Return the newest number of each of these tenants, 0 where nothing ever happened."""
    rows = connection.execute(HEADS, {"tenants": list(tenants)})
    return dict.fromkeys(tenants, 0) | {TenantId(row["tenant"]): row["number"] for row in rows}


def forget_events(connection: Connection[DictRow], *, kept_s: float = KEPT_S) -> bool:
    """Forget some of what is older; return whether there was anything."""
    connection.execute(LOCK, [EVENTS_LOCK])
    return connection.execute(FORGET, {"limit": FORGOTTEN_AT_ONCE, "kept_s": kept_s}).fetchone() is not None
