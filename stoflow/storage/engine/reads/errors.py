"""Why jobs failed, in groups: of one tenant or of all, from the index of jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId

LATELY_S: Final = 86_400.0
GROUPS_AT_MOST: Final = 200
LOOKED_AT_MOST: Final = 50_000

# What is looked at: failures of one tenant or of all, and of those that there are the newest, whose cost is bounded.
LOOKED_AT = (
    """i.failed_at IS NOT NULL AND i.failed_at > oldest.at AND (%(tenant)s::int IS NULL OR i.tenant = %(tenant)s)"""
)
OLDEST = """oldest AS MATERIALIZED (
  SELECT coalesce((
    SELECT o.failed_at FROM public.job_index o
    WHERE o.failed_at IS NOT NULL AND (%(tenant)s::int IS NULL OR o.tenant = %(tenant)s)
    ORDER BY o.failed_at DESC OFFSET %(looked_at)s LIMIT 1), '-infinity') AS at
)"""

# A job counts with its last failure. `before` is the last one before lately, `again` the first one lately. By action
# first, which is a number: of as many texts as there are failures none is sorted or looked up.
OF_ACTION = f"""of_action AS (
  SELECT i.action, i.kind, i.code, count(*) FILTER (WHERE i.status = 'failed') AS failed, count(*) AS jobs,
    min(i.failed_at) AS first_seen, max(i.failed_at) AS last_seen,
    max(i.failed_at) FILTER (WHERE i.failed_at < now.lately) AS before,
    min(i.failed_at) FILTER (WHERE i.failed_at >= now.lately) AS again
  FROM (SELECT clock_timestamp() - %(lately_s)s::float8 * interval '1 second' AS lately) AS now
  CROSS JOIN oldest CROSS JOIN public.job_index i
  WHERE {LOOKED_AT} GROUP BY i.action, i.kind, i.code
)"""
# Apart from the rest: to count different tenants beside other sums of a group would sort everything.
SELLERS = f"""sellers AS (
  SELECT d.marketplace, d.kind, d.code, count(*) AS tenants FROM (
    SELECT DISTINCT a.marketplace, t.kind, t.code, t.tenant
    FROM (SELECT DISTINCT i.action, i.kind, i.code, i.tenant
          FROM oldest CROSS JOIN public.job_index i WHERE {LOOKED_AT}) AS t
    JOIN public.marketplace_action_types a ON a.id = t.action) AS d
  GROUP BY d.marketplace, d.kind, d.code
)"""
ERRORS = f"""
WITH {OLDEST}, {OF_ACTION}, {SELLERS}, g AS (
  SELECT a.marketplace, t.kind, t.code, sum(t.failed)::int AS failed, sum(t.jobs)::int AS jobs,
    min(t.first_seen) AS first_seen, max(t.last_seen) AS last_seen, max(t.before) AS before, min(t.again) AS again
  FROM of_action t JOIN public.marketplace_action_types a ON a.id = t.action
  WHERE %(marketplace)s::text IS NULL OR a.marketplace = %(marketplace)s
  GROUP BY a.marketplace, t.kind, t.code ORDER BY failed DESC, last_seen DESC LIMIT %(limit)s
)
SELECT g.*, sellers.tenants, newest.tenant, newest.job FROM g
JOIN sellers ON sellers.marketplace = g.marketplace AND sellers.kind = g.kind
  AND sellers.code IS NOT DISTINCT FROM g.code
CROSS JOIN LATERAL (
  SELECT n.tenant, n.job FROM public.job_index n JOIN public.marketplace_action_types b ON b.id = n.action
  WHERE n.failed_at = g.last_seen AND n.kind = g.kind AND n.code IS NOT DISTINCT FROM g.code
    AND b.marketplace = g.marketplace AND (%(tenant)s::int IS NULL OR n.tenant = %(tenant)s)
  LIMIT 1) AS newest
ORDER BY g.failed DESC, g.last_seen DESC
"""
ROOM = "SET LOCAL work_mem = '32MB'"  # else what is counted by tenant is written to disk and read again


class Course(StrEnum):
    """How errors of one kind go on."""

    NEW = "new"  # first seen lately
    REGRESSED = "regressed"  # seen lately again, after as long a time without
    ONGOING = "ongoing"
    QUIET = "quiet"  # not seen lately


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Jobs that failed alike. `failed` are so now, of all `jobs` that were; `job` is the one that failed last."""

    marketplace: str
    kind: str
    code: str | None
    course: Course
    failed: int
    jobs: int
    tenants: int
    first_seen: datetime
    last_seen: datetime
    tenant: TenantId
    job: JobId


def read_error_groups(
    connection: Connection[DictRow],
    *,
    tenant: TenantId | None,
    marketplace: str | None,
    lately_s: float = LATELY_S,
    looked_at: int = LOOKED_AT_MOST,
) -> Sequence[ErrorGroup]:
    """Return up to 200 groups, those with the most failed jobs first; `lately_s` is what counts as lately.

    They are of the newest `looked_at` failures: what is older than so many is in no group.
    """
    about = {"tenant": tenant, "marketplace": marketplace, "lately_s": lately_s, "looked_at": looked_at}
    connection.execute(ROOM)
    rows = connection.execute(ERRORS, {**about, "limit": GROUPS_AT_MOST})
    return [_group(row, lately_s) for row in rows]


def _group(row: DictRow, lately_s: float) -> ErrorGroup:
    told: dict[str, Any] = {name: row[name] for name in ErrorGroup.__slots__ if name != "course"}
    return ErrorGroup(course=_course(row["before"], row["again"], lately_s), **told)


def _course(before: datetime | None, again: datetime | None, lately_s: float) -> Course:
    if again is None:
        return Course.QUIET
    if before is None:
        return Course.NEW
    return Course.REGRESSED if (again - before).total_seconds() >= lately_s else Course.ONGOING
