"""How many jobs of a tenant wait at each marketplace, since when, and for what: what no process holds in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.storage.engine.facts import PASSED, UNFINISHED, ahead_of, late_before, tasks_of, under_way
from stoflow.storage.engine.statement import bind, s

COUNTED_AT_MOST = 100_000
JUDGED_AT_MOST = 200  # of each marketplace, the most urgent ones: what holds those is what holds the others

IS_PACED = f"""coalesce((
      SELECT o.paced FROM {tasks_of("j")} AS o
      WHERE o.status NOT IN {PASSED} AND o.kind <> 'inner' ORDER BY o.position LIMIT 1), false)"""

# What holds a job by its own state, as the rules of admission have it, and until when.
JUDGED = f"""
  SELECT j.marketplace, CASE
      WHEN {under_way("t")} THEN 'under_way'
      WHEN j.status = 'pending' AND EXISTS ({ahead_of("j")}) THEN 'order'
      WHEN j.status = 'pending' AND j.not_before > clock_timestamp() THEN 'not_before'
      WHEN t.look_at IS NOT NULL THEN 'verifying'
      WHEN j.status = 'pending' AND EXISTS ({late_before("j")}) THEN 'late_copy'
      WHEN t.not_before > clock_timestamp() THEN 'retry'
      WHEN p.next_at > clock_timestamp() AND {IS_PACED} THEN 'pace' ELSE 'next' END AS kind,
    j.created_at,
    CASE WHEN j.status = 'pending' THEN j.not_before END AS later, t.look_at, t.not_before AS retry_at, p.next_at
  FROM chosen JOIN {s}.marketplace_jobs j ON j.id = chosen.id
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id
  LEFT JOIN public.pace p ON p.tenant = %(tenant)s AND p.marketplace = j.marketplace AND p.action = a.code
  LEFT JOIN LATERAL (
    SELECT * FROM {tasks_of("j")} AS o WHERE status NOT IN {PASSED} ORDER BY position LIMIT 1) AS t ON true"""

PENDING = f"""
    SELECT count(*) FROM (
      SELECT FROM {s}.marketplace_jobs q WHERE q.status = 'pending' AND q.marketplace = m.name
      LIMIT %(counted)s) AS counted"""

OLDEST = f"""
    SELECT min(first.created_at) FROM generate_series(1, 4) AS priority CROSS JOIN LATERAL (
      SELECT o.created_at FROM {s}.marketplace_jobs o
      WHERE o.status = 'pending' AND o.marketplace = m.name AND o.priority = priority
      ORDER BY o.id LIMIT 1) AS first"""

WAITING = f"""
WITH m AS (SELECT unnest(%(marketplaces)s::text[]) AS name), chosen AS (
  SELECT c.id FROM m CROSS JOIN LATERAL (
    SELECT j.id FROM {s}.marketplace_jobs j WHERE j.status = 'pending' AND j.marketplace = m.name
    ORDER BY j.priority, j.id LIMIT %(judged)s) AS c
  UNION ALL
  (SELECT j.id FROM {s}.marketplace_jobs j WHERE j.status = 'running' ORDER BY j.priority, j.id LIMIT %(judged)s)
), judged AS ({JUDGED}
), kinds AS (
  SELECT marketplace, kind, count(*) AS jobs, min(created_at) AS oldest, min(CASE kind WHEN 'not_before' THEN later
    WHEN 'verifying' THEN look_at WHEN 'retry' THEN retry_at WHEN 'pace' THEN next_at END) AS until
  FROM judged GROUP BY marketplace, kind
)
SELECT m.name AS marketplace, ({PENDING}) AS pending, ({OLDEST}) AS oldest,
  (SELECT jsonb_object_agg(kind, jsonb_build_object(
     'jobs', jobs, 'oldest', extract(epoch FROM oldest), 'until', extract(epoch FROM until)))
   FROM kinds WHERE kinds.marketplace = m.name) AS kinds
FROM m WHERE EXISTS (
  SELECT FROM {s}.marketplace_jobs j WHERE j.marketplace = m.name AND j.status IN {UNFINISHED})
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at one marketplace.

    `kinds` has, by kind of Hold, how many of the most urgent jobs, until when, and since when the first is there.
    """

    marketplace: str
    pending: int
    oldest: datetime | None
    kinds: Mapping[str, Mapping[str, Any]]


def read_waiting(
    connection: Connection[DictRow], tenant: TenantId, marketplaces: Sequence[str]
) -> Mapping[str, Waiting]:
    """Return what waits, by marketplace; those where nothing does are left out."""
    params = {"marketplaces": list(marketplaces), "counted": COUNTED_AT_MOST, "judged": JUDGED_AT_MOST}
    rows = bind(WAITING, tenant, **params).on(connection)
    found = (Waiting(row["marketplace"], row["pending"], row["oldest"], row["kinds"] or {}) for row in rows)
    return {each.marketplace: each for each in found}
