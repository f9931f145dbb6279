"""Which of a tenant's events webhooks are told, and in which words: Standard Webhooks' {type, timestamp, data}."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from stoflow.domain.batch import BatchStatus
from stoflow.domain.ids import TenantId
from stoflow.domain.job import FINAL_JOB_STATUSES
from stoflow.domain.webhook import WebhookEvent
from stoflow.resources.events.wording import Event
from stoflow.storage.webhooks.deliveries import Message

ENDED_BATCH: Final = frozenset(BatchStatus) - {BatchStatus.PENDING, BatchStatus.RUNNING}


def message_of(tenant: TenantId, event: Event) -> Message | None:
    """Return what webhooks are told of this event, None where it is no matter of theirs."""
    find_type = TYPES.get(event.type)
    told = find_type(event) if find_type else None
    if told is None:
        return None
    said = {"type": told, "timestamp": event.at.isoformat(), "data": {"tenant": tenant, **event.data}}
    return Message(_id(tenant, event), told, json.dumps(said), tenant)


def _id(tenant: TenantId, event: Event) -> str:
    """Return the message's id; that a batch has ended is one message, however often its progress is told after it.

    There is no full stop in it, which divides what is signed.
    """
    if event.type == "batch_progress":
        ended = "".join(filter(str.isdigit, event.data["completed_at"] or ""))
        return f"msg_{tenant}_batch_{event.data['batch_id']}_{ended}"
    return f"msg_{tenant}_{event.number}"


def _job(event: Event) -> WebhookEvent | None:
    return WebhookEvent(f"job.{event.data['status']}") if event.data["status"] in FINAL_JOB_STATUSES else None


def _batch(event: Event) -> WebhookEvent | None:
    status = event.data.get("status")
    return WebhookEvent(f"batch.{status}") if status in ENDED_BATCH else None


def _seller(event: Event) -> WebhookEvent | None:
    return WebhookEvent.SELLER_NEEDED if event.data["needed"] and not event.repeats else None


TYPES: Final[Mapping[str, Callable[[Event], WebhookEvent | None]]] = {
    "job_status_update": _job,
    "batch_progress": _batch,
    "listing_changed": lambda _: WebhookEvent.LISTING_CHANGED,
    "order_received": lambda _: WebhookEvent.ORDER_RECEIVED,
    "needs_seller": _seller,
}
