"""Batches as their owners see them: the state of their jobs counted by the database when somebody asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.batch import BatchStatus, Progress
from stoflow.domain.ids import BatchId, TenantId
from stoflow.storage.engine.statement import bind

# What the old code counted by hand counts where none of a batch's jobs is left.
COUNTED = """
  SELECT count(*) AS jobs, count(*) FILTER (WHERE j.status = 'pending') AS pending,
    count(*) FILTER (WHERE j.status = 'running') AS running,
    count(*) FILTER (WHERE j.status = 'completed') AS completed,
    count(*) FILTER (WHERE j.status = 'failed') AS failed,
    count(*) FILTER (WHERE j.status = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE j.status = 'expired') AS expired,
    min(j.started_at) AS started_at, max(j.completed_at) AS ended_at
  FROM {s}.marketplace_jobs j WHERE j.batch_job_id = b.id
"""

STATUS = """CASE
      WHEN c.jobs = 0 THEN b.status
      WHEN c.pending = c.jobs THEN 'pending'
      WHEN c.pending + c.running > 0 THEN 'running'
      WHEN c.failed + c.expired > 0 THEN CASE WHEN c.completed > 0 THEN 'partially_failed' ELSE 'failed' END
      WHEN c.cancelled > 0 THEN 'cancelled'
      ELSE 'completed' END"""

VIEW = f"""
SELECT * FROM (
  SELECT b.id, b.name, b.marketplace, b.action_code AS action, b.priority, b.created_at, {STATUS} AS status,
    CASE WHEN c.jobs = 0 THEN b.total_count ELSE c.jobs END AS total, c.pending, c.running,
    CASE WHEN c.jobs = 0 THEN b.completed_count ELSE c.completed END AS completed,
    CASE WHEN c.jobs = 0 THEN b.failed_count ELSE c.failed END AS failed,
    CASE WHEN c.jobs = 0 THEN b.cancelled_count ELSE c.cancelled END AS cancelled, c.expired,
    coalesce(c.started_at, b.started_at) AS started_at,
    CASE WHEN c.jobs = 0 THEN b.completed_at WHEN c.pending + c.running = 0 THEN c.ended_at END AS completed_at
  FROM {{s}}.batch_jobs b CROSS JOIN LATERAL ({COUNTED}) AS c
) AS batch
"""

ONE = f"{VIEW}WHERE id = %(batch)s"

PAGE = f"""{VIEW}
WHERE (%(marketplace)s::text IS NULL OR marketplace = %(marketplace)s)
  AND (%(status)s::text IS NULL OR status = %(status)s) AND (%(before)s::int IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class BatchView:
    """One batch as its owner sees it."""

    id: BatchId
    name: str
    marketplace: str
    action: str
    priority: int
    status: BatchStatus
    progress: Progress
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            id=BatchId(row["id"]),
            name=row["name"] or "",
            marketplace=row["marketplace"],
            action=row["action"],
            priority=row["priority"],
            status=BatchStatus(row["status"]),
            progress=Progress(**{name: row[name] for name in Progress.__slots__}),
            created_at=row["created_at"],
            started_at=row["started_at"],
            completed_at=row["completed_at"],
        )


def view_batch(connection: Connection[DictRow], tenant: TenantId, batch: BatchId) -> BatchView | None:
    row = bind(ONE, tenant, batch=batch).on(connection).fetchone()
    return BatchView.of(row) if row else None


def view_batches(connection: Connection[DictRow], tenant: TenantId, **filters: Any) -> list[BatchView]:
    """Return batches, newest first; `filters` are PAGE's parameters, each None for any."""
    return [BatchView.of(row) for row in bind(PAGE, tenant, **filters).on(connection)]
