"""Which of a tenant's jobs are meant by a filter: the condition that lists and bulk acts share, and what finds ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.storage.engine.statement import bind, s

# Over `j`, a job, and `a`, its action; each parameter is NULL for any.
MEANT: LiteralString = """(%(marketplace)s::text IS NULL OR j.marketplace = %(marketplace)s)
  AND (%(statuses)s::text[] IS NULL OR j.status = ANY(%(statuses)s))
  AND (%(actions)s::text[] IS NULL OR a.code = ANY(%(actions)s))
  AND (%(error_kind)s::text IS NULL OR coalesce(j.error_kind, 'unknown') = %(error_kind)s)
  AND (%(error_code)s::text IS NULL OR public.error_code(j.error_fields) = %(error_code)s)
  AND (%(product_id)s::int IS NULL OR j.product_id = %(product_id)s)
  AND (%(batch_id)s::int IS NULL OR j.batch_job_id = %(batch_id)s)
  AND (%(created_after)s::timestamptz IS NULL OR j.created_at > %(created_after)s)
  AND (%(created_before)s::timestamptz IS NULL OR j.created_at < %(created_before)s)"""

SAYS: LiteralString = """(strpos(lower(coalesce(j.error_message, '')), lower(%(text)s)) > 0
    OR strpos(lower(coalesce(j.input_data::text, '')), lower(%(text)s)) > 0)"""
"""A job's error, or what it was given, holds the text in whatever case."""

FROM: LiteralString = f"""FROM {s}.marketplace_jobs j
  JOIN public.marketplace_action_types a ON a.id = j.action_type_id"""

# A text is in no index: so many of the newest that are otherwise meant are looked at, and told where that ended.
SEARCH = f"""
WITH looked AS MATERIALIZED (
  SELECT j.id, {SAYS} AS says {FROM}
  WHERE {MEANT} AND (%(before)s::int IS NULL OR j.id < %(before)s) ORDER BY j.id DESC LIMIT %(most)s
)
SELECT count(*) AS looked, min(id) AS last,
  (SELECT array_agg(id) FROM (SELECT id FROM looked WHERE says ORDER BY id DESC LIMIT %(limit)s) AS f) AS found
FROM looked
"""

# `overtaken`: a later job of its product has started, which forbids a retry.
NEXT = f"""
SELECT j.id, j.status, j.priority, j.cancel_requested, j.status = 'failed' AND EXISTS (
    SELECT FROM {s}.marketplace_jobs later
    WHERE later.product_id = j.product_id AND later.marketplace = j.marketplace AND later.id > j.id
      AND later.started_at IS NOT NULL) AS overtaken
{FROM}
WHERE {MEANT} AND j.id > %(after)s AND (%(text)s::text IS NULL OR {SAYS}) ORDER BY j.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Searched:
    """`found` are the newest that say it; `last` is where to look on, None where all were looked at."""

    found: Sequence[JobId]
    last: JobId | None


@dataclass(frozen=True, slots=True)
class MeantJob:
    """A job that a bulk act is about, with what may forbid it."""

    id: JobId
    status: JobStatus
    priority: int
    cancel_requested: bool
    overtaken: bool


def find_saying(
    connection: Connection[DictRow],
    tenant: TenantId,
    text: str,
    meant: Mapping[str, Any],
    *,
    before: int | None,
    most: int,
    limit: int,
) -> Searched:
    """Look through the `most` newest jobs that are meant; return up to `limit` that say the text."""
    place = {"before": before, "most": most, "limit": limit}
    row = bind(SEARCH, tenant, text=text, **place, **meant).on(connection).fetchone()
    assert row is not None
    return Searched([JobId(each) for each in row["found"] or ()], row["last"] if row["looked"] == most else None)


def find_next_jobs(
    connection: Connection[DictRow], tenant: TenantId, *, after: JobId, limit: int, **meant: Any
) -> list[MeantJob]:
    """Return the jobs that are meant and come after one, oldest first."""
    rows = bind(NEXT, tenant, after=after, limit=limit, **meant).on(connection)
    return [_meant(row) for row in rows]


def _meant(row: DictRow) -> MeantJob:
    told: dict[str, Any] = {**row, "status": JobStatus(row["status"])}
    return MeantJob(**told)
