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

# A job counts with its last failure. `before` is the last one before lately, `again` the first one lately. Tenant by
# tenant first: to count different ones of a group would sort everything.
ERRORS = """
WITH of_tenant AS (
  SELECT i.action, i.kind, i.code, i.tenant, count(*) FILTER (WHERE i.status = 'failed') AS failed, count(*) AS jobs,
    min(i.failed_at) AS first_seen, max(i.failed_at) AS last_seen,
    max(i.failed_at) FILTER (WHERE i.failed_at < now.lately) AS before,
    min(i.failed_at) FILTER (WHERE i.failed_at >= now.lately) AS again
  FROM (SELECT clock_timestamp() - %(lately_s)s::float8 * interval '1 second' AS lately) AS now
  CROSS JOIN public.job_index i
  WHERE i.failed_at IS NOT NULL AND (%(tenant)s::int IS NULL OR i.tenant = %(tenant)s)
  GROUP BY i.action, i.kind, i.code, i.tenant
), g AS (
  SELECT a.marketplace, t.kind, t.code, sum(t.failed)::int AS failed, sum(t.jobs)::int AS jobs,
    count(DISTINCT t.tenant) AS tenants, min(t.first_seen) AS first_seen, max(t.last_seen) AS last_seen,
    max(t.before) AS before, min(t.again) AS again
  FROM of_tenant t JOIN public.marketplace_action_types a ON a.id = t.action
  WHERE %(marketplace)s::text IS NULL OR a.marketplace = %(marketplace)s
  GROUP BY a.marketplace, t.kind, t.code ORDER BY failed DESC, last_seen DESC LIMIT %(limit)s
)
SELECT g.*, newest.tenant, newest.job FROM g
CROSS JOIN LATERAL (
  SELECT n.tenant, n.job FROM public.job_index n JOIN public.marketplace_action_types b ON b.id = n.action
  WHERE n.failed_at = g.last_seen AND n.kind = g.kind AND n.code IS NOT DISTINCT FROM g.code
    AND b.marketplace = g.marketplace AND (%(tenant)s::int IS NULL OR n.tenant = %(tenant)s)
  LIMIT 1) AS newest
ORDER BY g.failed DESC, g.last_seen DESC
"""


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
) -> Sequence[ErrorGroup]:
    """Return up to 200 groups, those with the most failed jobs first; `lately_s` is what counts as lately."""
    about = {"tenant": tenant, "marketplace": marketplace, "lately_s": lately_s}
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
