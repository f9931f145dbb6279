"""An account's orders over HTTP, as its orders jobs have seen them."""

from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field

from stoflow.domain.observed import OrderLine, OrderState
from stoflow.http.context import Context
from stoflow.http.resources.jobs import marketplace_in
from stoflow.http.rest.answers import Answered, Moment, PageBody, PriceBody, SomeMarketplace, price_of
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import CURSOR, PageQuery
from stoflow.resources.observed import read as observed
from stoflow.resources.observed.read import OrderView

ORDER_CURSOR: Final = "^[0-9]{1,18}:[A-Za-z0-9_=.:-]+$"


class OrdersQuery(PageQuery):
    cursor: (
        Annotated[str, Field(min_length=1, max_length=200, pattern=CURSOR, json_schema_extra={"pattern": ORDER_CURSOR})]
        | None
    ) = None


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
        amount = f"{line.amount:.2f}" if line.amount is not None else None
        return cls.with_fields(line, product_id=line.product, amount=amount)


class OrderNameBody(Answered):
    marketplace: SomeMarketplace
    order_id: str
    ordered_at: Moment | None


class OversoldBody(Answered):
    """Of what this order has, `with` the earlier orders there were too few: somebody must be told no."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    shares_with: list[OrderNameBody] = Field(alias="with")


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
        return cls.with_fields(
            order,
            total=price_of(order.total, order.currency),
            lines=[OrderLineBody.of(line) for line in order.lines],
            oversold=OversoldBody.model_validate({"with": order.shares_with}) if order.shares_with else None,
        )


class OrdersPage(PageBody[OrderBody]):
    pass


def list_orders(context: Context, asked: Asked) -> OrdersPage:
    query: OrdersQuery = asked.query
    marketplace = marketplace_in(context, asked)
    page = observed.list_orders(context, asked.tenant, marketplace, query.limit, query.cursor)
    return OrdersPage.of_items(page, OrderBody.of)


OPERATIONS: Final = (
    Operation(
        "GET", "/api/{marketplace}/orders", "listOrders", "List the account's orders, last learned of first.",
        list_orders, OrdersPage, query=OrdersQuery, problems=(404, 422),
    ),
)  # fmt: skip
