"""What goes into and comes out of the use cases of batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stoflow.domain.batch import BatchStatus
from stoflow.domain.product_filter import ProductFilter
from stoflow.storage.engine.reads.batches import BatchView as BatchView


@dataclass(frozen=True, slots=True)
class SubmitBatch:
    """One action on many products: those named, in their order, or those that a filter means now, oldest first.

    The same key and digest answer the batch made the first time, for 24 hours; all else is as in `SubmitJob`.
    """

    marketplace: str
    action: str
    products: Sequence[int] | None = None
    wanted: ProductFilter | None = None
    name: str | None = None
    priority: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])
    not_before: datetime | None = None
    expires_at: datetime | None = None
    idempotency_key: str | None = None
    idempotency_digest: str | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class BatchFilter:
    """Which batches to list, newest first. `cursor` is a Page's `next_cursor`; None anywhere means any."""

    marketplace: str | None = None
    status: BatchStatus | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """Why the marketplace would not take a product as it is: the field, and what is wrong with it."""

    product: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a batch would come to: of `total` products `ready` would be taken; `reasons` are the first of the others."""

    total: int
    ready: int
    reasons: tuple[Shortcoming, ...]
