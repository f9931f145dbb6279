"""What the API answers of an account's listings and orders."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Self, cast

from pydantic import ConfigDict, Field

from stoflow.domain.page import Page
from stoflow.domain.seen import OrderLine, OrderState
from stoflow.http.resources.answers import Answered, Moment, PriceBody, SomeMarketplace
from stoflow.http.resources.schemas import ListingState
from stoflow.resources.observed.read import ListingView, OrderName, OrderView


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
            price=_price(listing.price, listing.currency),
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


class OrderLineBody(Answered):
    line_id: str
    listing_id: str
    product_id: int | None
    title: str
    sku: str
    quantity: int
    amount: str | None

    @classmethod
    def of(cls, line: OrderLine) -> Self:
        return cls(
            line_id=line.line_id,
            listing_id=line.listing_id,
            product_id=line.product,
            title=line.title,
            sku=line.sku,
            quantity=line.quantity,
            amount=f"{line.amount:.2f}" if line.amount is not None else None,
        )


class OrderNameBody(Answered):
    marketplace: SomeMarketplace
    order_id: str
    ordered_at: Moment | None


class OversoldBody(Answered):
    """Of what this order has, `with` the earlier orders there were too few: somebody must be told no."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    shares_with: list[OrderNameBody] = Field(alias="with")

    @classmethod
    def of(cls, shares_with: Sequence[OrderName]) -> Self | None:
        named = [
            OrderNameBody(marketplace=each.marketplace, order_id=each.order_id, ordered_at=each.ordered_at)
            for each in shares_with
        ]
        return cls.model_validate({"with": named}) if named else None


class OrderBody(Answered):
    """An order; nothing of the buyer is kept. `oversold` where too few pieces were left for it."""

    external_id: str
    state: OrderState
    ordered_at: Moment | None
    total: PriceBody | None
    lines: list[OrderLineBody]
    created_at: Moment
    updated_at: Moment
    oversold: OversoldBody | None

    @classmethod
    def of(cls, order: OrderView) -> Self:
        return cls(
            external_id=order.external_id,
            state=OrderState(order.state),
            ordered_at=order.ordered_at,
            total=_price(order.total, order.currency),
            lines=[OrderLineBody.of(line) for line in order.lines],
            created_at=order.created_at,
            updated_at=order.updated_at,
            oversold=OversoldBody.of(order.shares_with),
        )


class OrdersPage(Answered):
    items: list[OrderBody]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[OrderView]) -> Self:
        return cls(items=[OrderBody.of(order) for order in page.items], next_cursor=page.next_cursor)


def _price(amount: Decimal | None, currency: str) -> PriceBody | None:
    return PriceBody(amount=f"{amount:.2f}", currency=currency) if amount is not None else None
