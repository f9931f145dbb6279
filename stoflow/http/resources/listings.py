"""An account's listings over HTTP, as its syncs have seen them."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field
from typing_extensions import TypeAliasType

from stoflow.http.context import Context
from stoflow.http.resources.jobs import marketplace_in
from stoflow.http.rest.answers import Answered, Moment, PageBody, PriceBody, price_of
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import (
    CURSOR,
    PageQuery,
)
from stoflow.resources.observed import read as observed
from stoflow.resources.observed.read import ListingFilter, ListingView

ListingState = TypeAliasType("ListingState", Literal["for_sale", "sold", "hidden", "gone"])


class ListingsQuery(PageQuery):
    """Which listings; `linked` says whether StoFlow knows the product."""

    cursor: Annotated[str, Field(min_length=1, max_length=200, pattern=CURSOR)] | None = None
    state: ListingState | None = None
    linked: Annotated[bool, Field(strict=False)] | None = None


class ListingBody(Answered):
    """A listing as the marketplace showed it last, StoFlow's or not."""

    external_id: str
    product_id: int | None
    state: ListingState
    title: str
    price: PriceBody | None
    quantity: int
    url: str
    sku: str
    first_seen_at: Moment
    seen_at: Moment
    edited_at: Moment | None

    @classmethod
    def of(cls, listing: ListingView) -> Self:
        return cls.with_fields(listing, price=price_of(listing.price, listing.currency))


class ListingsPage(PageBody[ListingBody]):
    pass


def list_listings(context: Context, asked: Asked) -> ListingsPage:
    query: ListingsQuery = asked.query
    wanted = ListingFilter(marketplace_in(context, asked), **query.model_dump())
    return ListingsPage.of_items(observed.list_listings(context, asked.tenant, wanted), ListingBody.of)


OPERATIONS: Final = (
    Operation(
        "GET", "/api/{marketplace}/listings", "listListings", "List what the marketplace shows of the account.",
        list_listings, ListingsPage, query=ListingsQuery, problems=(404, 422),
    ),
)  # fmt: skip
