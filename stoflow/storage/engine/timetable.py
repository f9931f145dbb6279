"""When each tenant's periodic actions run next, by PostgreSQL's clock."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.ids import TenantId
from stoflow.storage.engine.facts import UNFINISHED
from stoflow.storage.engine.statement import Statement, bind, has_row, s

# Each begins at a moment of its own within the period, and keeps it: they never come all at once.
PLAN = """
WITH fresh AS (
  UPDATE public.accounts SET planned = true WHERE NOT planned OR %(anew)s RETURNING tenant, marketplace
)
INSERT INTO public.timetable (tenant, marketplace, action, next_at)
SELECT fresh.tenant, p.marketplace, p.action, clock_timestamp() + random() * p.every_s * interval '1 second'
FROM fresh JOIN jsonb_to_recordset(%(periods)s) AS p(marketplace text, action text, every_s float8)
  ON p.marketplace = fresh.marketplace
ON CONFLICT (tenant, marketplace, action) DO NOTHING
"""

DUE = """
SELECT t.tenant, t.marketplace, t.action, t.next_at::text AS at
FROM public.timetable t
JOIN jsonb_to_recordset(%(periods)s) AS p(marketplace text, action text) USING (marketplace, action)
JOIN public.users u ON u.id = t.tenant AND u.is_active
WHERE t.next_at <= clock_timestamp()
ORDER BY t.next_at LIMIT %(limit)s FOR UPDATE OF t SKIP LOCKED
"""

# What was missed is not made up for.
ADVANCE = """
UPDATE public.timetable
SET next_at = next_at + %(every_s)s::float8 * interval '1 second'
  * greatest(1, ceil(extract(epoch FROM clock_timestamp() - next_at) / %(every_s)s::float8))
WHERE tenant = %(tenant)s AND marketplace = %(marketplace)s AND action = %(action)s
"""

ONE_UNFINISHED = f"""
SELECT EXISTS (
  SELECT FROM {s}.marketplace_jobs j JOIN public.marketplace_action_types a ON a.id = j.action_type_id
  WHERE j.marketplace = %(marketplace)s AND a.code = %(action)s AND j.product_id IS NULL
    AND j.status IN {UNFINISHED}) AS unfinished
"""


@dataclass(frozen=True, slots=True)
class Period:
    """`every_s` in real seconds, above 0."""

    marketplace: str
    action: str
    every_s: float


@dataclass(frozen=True, slots=True)
class DueRun:
    """`at` is the planned time, as text: it names the run."""

    tenant: TenantId
    marketplace: str
    action: str
    at: str


def plan_runs(connection: Connection[DictRow], periods: Sequence[Period], *, anew: bool) -> None:
    """Give every account that has none its times; with `anew`, also those that were planned under other periods."""
    Statement(PLAN, {"periods": _json(periods), "anew": anew}, has_row).on(connection)


def take_due(connection: Connection[DictRow], periods: Sequence[Period], *, limit: int) -> list[DueRun]:
    """Return the runs whose time has come, longest due first, held until the commit."""
    rows = Statement(DUE, {"periods": _json(periods), "limit": limit}, has_row).on(connection).fetchall()
    return [DueRun(TenantId(row["tenant"]), row["marketplace"], row["action"], row["at"]) for row in rows]


def advance(connection: Connection[DictRow], run: DueRun, every_s: float) -> None:
    """Set the run's next time, after now."""
    bind(ADVANCE, run.tenant, marketplace=run.marketplace, action=run.action, every_s=every_s).on(connection)


def is_unfinished(connection: Connection[DictRow], run: DueRun) -> bool:
    """Whether a job of this action is waiting or running already."""
    row = bind(ONE_UNFINISHED, run.tenant, marketplace=run.marketplace, action=run.action).on(connection).fetchone()
    return bool(row and row["unfinished"])


def _json(periods: Sequence[Period]) -> Jsonb:
    return Jsonb([asdict(period) for period in periods])
