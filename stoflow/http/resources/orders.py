"""An account's orders over HTTP, as its orders jobs have seen them."""

from collections.abc import Sequence
from typing import Final, Self

from pydantic import ConfigDict, Field

from stoflow.domain.observed import OrderLine, OrderState
from stoflow.domain.page import Page
from stoflow.http.context import Context
from stoflow.http.resources.jobs import marketplace_in
from stoflow.http.rest.answers import Answered, Moment, PriceBody, SomeMarketplace, price_of
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import (
    PageQuery,
)
from stoflow.resources.observed import read as observed
from stoflow.resources.observed.read import OrderName, OrderView


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
            total=price_of(order.total, order.currency),
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


def list_orders(context: Context, asked: Asked) -> OrdersPage:
    query: PageQuery = asked.query
    marketplace = marketplace_in(context, asked)
    return OrdersPage.of(observed.list_orders(context, asked.tenant, marketplace, query.limit, query.cursor))


OPERATIONS: Final = (
    Operation(
        "GET", "/api/{marketplace}/orders", "listOrders", "List the account's orders, last learned of first.",
        list_orders, OrdersPage, query=PageQuery, problems=(404, 422),
    ),
)  # fmt: skip
