"""What an event says: its type, and data that may be sent as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from stoflow.domain.job import JobStatus
from stoflow.domain.observed import NAMED
from stoflow.storage.events.reading import EventRow, Subjects

NAMED_AT_MOST: Final = 20
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a tenant, as it is told. `repeats` where it says what was told before and was not settled since."""

    number: int
    at: datetime
    type: str
    data: Mapping[str, Any]
    repeats: bool = False


def event_of(row: EventRow, subjects: Subjects) -> Event:
    seller = subjects.connections.get(row.marketplace or "") if row.type == "needs_seller" else None
    repeats = seller is not None and seller["tries"] > 0
    return Event(row.number, row.at.astimezone(UTC), row.type, DATA[row.type](row, subjects), repeats)


def _job(row: EventRow, subjects: Subjects) -> Data:
    job = subjects.jobs.get(row.subject or 0)
    said: Data = {
        "job_id": row.subject,
        "status": row.state,
        "marketplace": row.marketplace,
        "action": row.action,
        "product_id": row.product,
        "batch_id": row.batch,
    }
    if job is None:
        return said
    said["progress"] = {"done": job["done"], "total": job["total"]}
    if row.state == JobStatus.FAILED:
        said |= {"error_kind": job["error_kind"], "error_message": job["error_message"]}
    result: Data = (job["result_data"] if row.state == JobStatus.COMPLETED else None) or {}
    return said | {name: result[name][:NAMED_AT_MOST] for name in sorted(NAMED & result.keys())}


def _batch(row: EventRow, subjects: Subjects) -> Data:
    batch = subjects.batches.get(row.batch or 0)
    if batch is None:
        return {"batch_id": row.batch}
    return {
        "batch_id": row.batch,
        "name": batch.name,
        "marketplace": batch.marketplace,
        "action": batch.action,
        "status": batch.status.value,
        "completed_at": _moment(batch.completed_at),
        "progress": asdict(batch.progress) | {"percent": batch.progress.percent},
    }


def _listing(row: EventRow, _: Subjects) -> Data:
    return {
        "product_id": row.product,
        "marketplace": row.marketplace,
        "listing_id": row.name,
        "state": row.state,
    }


def _order(row: EventRow, subjects: Subjects) -> Data:
    order = subjects.orders.get((row.marketplace or "", row.name or ""))
    said: Data = {"marketplace": row.marketplace, "order_id": row.name, "state": row.state}
    if order is None:
        return said
    total = None if order["total"] is None else {"amount": f"{order['total']:.2f}", "currency": order["currency"]}
    return said | {"ordered_at": _moment(order["ordered_at"]), "total": total, "lines": order["lines"]}


def _seller(row: EventRow, subjects: Subjects) -> Data:
    connection = subjects.connections.get(row.marketplace or "")
    needed = row.state == "needs_seller"
    reason = connection["reason"] if needed and connection else None
    return {"marketplace": row.marketplace, "needed": needed, "reason": reason}


def _plugin(row: EventRow, _: Subjects) -> Data:
    return {"connected": row.state == "connected", "since": _moment(row.at)}


def _webhook(row: EventRow, _: Subjects) -> Data:
    return {"webhook_id": row.subject, "reason": row.state}


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


DATA: Final[Mapping[str, Callable[[EventRow, Subjects], Data]]] = {
    "job_status_update": _job,
    "batch_progress": _batch,
    "listing_changed": _listing,
    "order_received": _order,
    "needs_seller": _seller,
    "vinted_connection_status": _plugin,
    "webhook_disabled": _webhook,
}
