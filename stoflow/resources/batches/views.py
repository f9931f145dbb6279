"""What goes into and comes out of the use cases of batches."""

from collections.abc import Sequence
from dataclasses import dataclass

from stoflow.domain.batch import BatchStatus
from stoflow.domain.product_filter import ProductFilter
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.engine.reads.batches import BatchView as BatchView


@dataclass(frozen=True, slots=True)
class SubmitBatch:
    """One action on many products: those named, in their order, or those that a filter means now, oldest first.

    `job` says what is asked of each, all but its product; its key and digest are the batch's.
    """

    job: SubmitJob
    products: Sequence[int] | None = None
    wanted: ProductFilter | None = None
    name: str | None = None


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
