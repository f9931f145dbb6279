"""What is asked of batches over HTTP, and what is answered of them."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from stoflow.domain.batch import BatchStatus
from stoflow.http.resources.product_filters import ProductFilterBody
from stoflow.http.rest.answers import Answered, Moment, PageBody, SomeAction, SomeMarketplace
from stoflow.http.rest.schemas import PAYLOAD, Action, Given, Id, Marketplace, NotBefore, PageQuery, Word
from stoflow.http.rest.schemas import Moment as GivenMoment
from stoflow.resources.batches.choosing import MOST_PRODUCTS


class NewBatch(Given):
    """One action on many products: those in `product_ids`, in their order, or those that `filter` means now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"action_type": "publish", "filter": {"brand": "Zara", "status": "available"}}]}
    )

    action_type: Action
    product_ids: Annotated[list[Id] | None, Field(min_length=1, max_length=MOST_PRODUCTS)] = None
    filter: ProductFilterBody | None = None
    name: Annotated[Word | None, Field(description="For people, to know it by.")] = None
    priority: Annotated[
        Annotated[int, Field(ge=1, le=4)] | None,
        Field(description="1 critical, 2 high, 3 normal, 4 low; the action's own where it is not given."),
    ] = None
    payload: Annotated[dict[str, Any], PAYLOAD] = Field(default_factory=dict)
    not_before: NotBefore = None
    expires_at: GivenMoment | None = None

    @model_validator(mode="after")
    def _names_products_once(self) -> Self:
        if (self.product_ids is None) == (self.filter is None):
            raise ValueError("name the products by product_ids or by filter, by one of the two")
        if self.not_before and self.expires_at and self.expires_at <= self.not_before:
            raise ValueError("expires_at must be later than not_before")
        return self


class BatchQuery(Given):
    """Whether to make it."""

    dry_run: Annotated[bool, Field(strict=False, description="Make nothing; say what would come of it.")] = False


class AllBatchesQuery(PageQuery):
    """Which batches."""

    marketplace: Marketplace | None = None
    status: BatchStatus | None = None


class ProgressBody(Answered):
    """How many jobs are in each state; `percent` is of those that have come to an end."""

    total: int
    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int
    expired: int
    percent: int


class BatchBody(Answered):
    id: int
    name: str
    marketplace: SomeMarketplace
    action: SomeAction
    priority: int
    status: BatchStatus
    progress: ProgressBody
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None


class BatchesPage(PageBody[BatchBody]):
    pass


class ShortcomingBody(Answered):
    """Why the marketplace would not take a product as it is."""

    product: int
    field: str
    message: str


class TrialBody(Answered):
    """What a batch would come to: of `total` products `ready` would be taken; `reasons` are the first of the others."""

    total: int
    ready: int
    reasons: list[ShortcomingBody]
