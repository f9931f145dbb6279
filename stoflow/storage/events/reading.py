"""Events read in their order, each with what its tenant's own rows say of it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import BatchId, TenantId
from stoflow.storage.engine.facts import tasks_of
from stoflow.storage.engine.reads.batches import BatchView, view_batch
from stoflow.storage.engine.statement import bind, s

EVENTS = """
SELECT e.number, e.at, e.type, e.state, e.subject, e.marketplace, e.name, a.code AS action, e.product, e.batch
FROM public.events e LEFT JOIN public.marketplace_action_types a ON a.id = e.action
WHERE e.tenant = %(tenant)s AND e.number > %(after)s ORDER BY e.number LIMIT %(limit)s
"""

BOUNDS = "SELECT forgotten, number FROM public.event_heads WHERE tenant = %(tenant)s"

JOBS = f"""
SELECT j.id, j.result_data, j.error_kind, j.error_message,
  t.done, t.total
FROM {s}.marketplace_jobs j CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE status = 'completed') AS done, count(*) AS total FROM {tasks_of("j")} AS o) AS t
WHERE j.id = ANY(%(jobs)s::int[])
"""

ORDERS = """
SELECT o.marketplace, o.external_id, o.state, o.ordered_at, o.total, o.currency, (
    SELECT coalesce(jsonb_agg(jsonb_build_object('listing_id', l.listing_id, 'product_id', l.product_id,
      'quantity', l.quantity) ORDER BY l.line_id), '[]')
    FROM {s}.order_lines l WHERE l.marketplace = o.marketplace AND l.order_id = o.external_id) AS lines
FROM {s}.orders o WHERE (o.marketplace, o.external_id) IN (
  SELECT * FROM unnest(%(marketplaces)s::text[], %(names)s::text[]))
"""

CONNECTIONS = "SELECT marketplace, state, reason, tries FROM {s}.connections"


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as it was written; which of its fields it has, its type says."""

    number: int
    at: datetime
    type: str
    state: str | None
    subject: int | None
    marketplace: str | None
    name: str | None
    action: str | None
    product: int | None
    batch: int | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which events are kept: those after `forgotten`, up to `newest`."""

    forgotten: int = 0
    newest: int = 0


@dataclass(frozen=True, slots=True)
class Subjects:
    """What the tenant's rows say now of the things that events are of; what is gone is not in it."""

    jobs: Mapping[int, DictRow]
    batches: Mapping[int, BatchView]
    orders: Mapping[tuple[str, str], DictRow]
    connections: Mapping[str, DictRow]


def read_events(connection: Connection[DictRow], tenant: TenantId, *, after: int, limit: int) -> Sequence[EventRow]:
    params = {"tenant": tenant, "after": after, "limit": limit}
    return [EventRow(**row) for row in connection.execute(EVENTS, params)]


def bounds_of(connection: Connection[DictRow], tenant: TenantId) -> Bounds:
    row = connection.execute(BOUNDS, {"tenant": tenant}).fetchone()
    return Bounds(row["forgotten"], row["number"]) if row else Bounds()


def subjects_of(connection: Connection[DictRow], tenant: TenantId, events: Sequence[EventRow]) -> Subjects:
    """Read what belongs to these events, each kind in one statement, and none where there are none of it."""
    by_type: dict[str, list[EventRow]] = {}
    for event in events:
        by_type.setdefault(event.type, []).append(event)
    jobs = _rows(connection, JOBS, tenant, jobs=[e.subject for e in by_type.get("job_status_update", ())])
    orders = by_type.get("order_received", ())
    named = {"marketplaces": [e.marketplace for e in orders], "names": [e.name for e in orders]}
    connections = _rows(connection, CONNECTIONS, tenant, of=by_type.get("needs_seller", ()))
    batches = {BatchId(e.batch or 0) for e in by_type.get("batch_progress", ())}
    views = {batch: view_batch(connection, tenant, batch) for batch in sorted(batches)}
    return Subjects(
        jobs={row["id"]: row for row in jobs},
        batches={batch: view for batch, view in views.items() if view},
        orders={(row["marketplace"], row["external_id"]): row for row in _rows(connection, ORDERS, tenant, **named)},
        connections={row["marketplace"]: row for row in connections},
    )


def _rows(connection: Connection[DictRow], text: Any, tenant: TenantId, **params: Any) -> Sequence[DictRow]:
    return bind(text, tenant, **params).on(connection).fetchall() if all(params.values()) else ()
