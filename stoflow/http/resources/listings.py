"""An account's listings over HTTP, as its syncs have seen them."""

from typing import Annotated, Final, Literal, Self, cast

from pydantic import Field
from typing_extensions import TypeAliasType

from stoflow.domain.page import Page
from stoflow.http.context import Context
from stoflow.http.resources.jobs import marketplace_in
from stoflow.http.rest.answers import Answered, Moment, PriceBody, price_of
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import (
    PageQuery,
)
from stoflow.resources.observed import read as observed
from stoflow.resources.observed.read import ListingFilter, ListingView

ListingState = TypeAliasType("ListingState", Literal["for_sale", "sold", "hidden", "gone"])


class ListingsQuery(PageQuery):
    """Which listings; `linked` says whether StoFlow knows the product."""

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
        return cls(
            external_id=listing.external_id,
            product_id=listing.product_id,
            state=cast("ListingState", listing.state),
            title=listing.title,
            price=price_of(listing.price, listing.currency),
            quantity=listing.quantity,
            url=listing.url,
            sku=listing.sku,
            first_seen_at=listing.first_seen_at,
            seen_at=listing.seen_at,
            edited_at=listing.edited_at,
        )


class ListingsPage(Answered):
    items: list[ListingBody]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[ListingView]) -> Self:
        return cls(items=[ListingBody.of(listing) for listing in page.items], next_cursor=page.next_cursor)


def list_listings(context: Context, asked: Asked) -> ListingsPage:
    query: ListingsQuery = asked.query
    wanted = ListingFilter(
        marketplace=marketplace_in(context, asked),
        state=query.state,
        linked=query.linked,
        limit=query.limit,
        cursor=query.cursor,
    )
    return ListingsPage.of(observed.list_listings(context, asked.tenant, wanted))


OPERATIONS: Final = (
    Operation(
        "GET", "/api/{marketplace}/listings", "listListings", "List what the marketplace shows of the account.",
        list_listings, ListingsPage, query=ListingsQuery, problems=(404, 422),
    ),
)  # fmt: skip
