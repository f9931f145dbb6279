"""Everything a step may know: one attempt at one task of one job."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from stoflow.domain.account import Account
from stoflow.domain.aspect import CategoryAspects, TaxonomyAnswers
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.product import Product, SentPhoto


def day_in_utc() -> date:
    """Return the day it is, in UTC."""
    return datetime.now(UTC).date()


class PhotosElsewhere(Protocol):
    """Where photos are kept of which the folder at hand has copies only."""

    def has(self, path: str) -> bool:
        """Say whether a photo is kept at this path, without asking for it."""
        ...

    def bring(self, path: str) -> None:
        """Put a copy into the folder at hand, where there is such a photo; raise PhotosUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """`outputs` holds the outputs of the job's completed tasks by task name; `index` is the number behind the colon of
    a repeated task's name (`upload:3`), else 0. `marker` is the random text this attempt's claim committed (in a look:
    the marker of the attempt looked for). `listing_id` is the external id chosen for this product on this marketplace,
    "" before one was chosen, and `listing_visible` says that buyers see it already: a create step then returns Done
    without a call. `listing_photos` are those it was given, in order, as far as is recorded; `listing_sku` is the SKU
    a sync saw on it, which may be the seller's own. `since` is when the last complete run of this action began, None
    before the first. `media_root` is where relative image paths begin; a photo that is not there is in `photos`, where
    that is given. `today` is the day of the attempt, for rules that change with the year. `taxonomy` is what the
    marketplace answered about its categories, as far as it was asked. `operation` is what the marketplace named what it
    accepted (`Pending`), empty where it accepted nothing.
    """

    tenant: TenantId
    job: JobId
    task_name: str
    product: Product | None
    account: Account
    marker: str = ""
    index: int = 0
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    listing_id: str = ""
    listing_visible: bool = False
    listing_photos: tuple[SentPhoto, ...] = ()
    listing_sku: str = ""
    since: datetime | None = None
    media_root: str = ""
    photos: PhotosElsewhere | None = None
    today: date = field(default_factory=day_in_utc)
    operation: Mapping[str, Any] = field(default_factory=dict[str, Any])
    taxonomy: TaxonomyAnswers = field(default_factory=dict[tuple[str, str], CategoryAspects])
