"""eBay's Fulfillment API: what was bought of a seller."""

from stoflow.domain.call import Request

ORDERS = "/sell/fulfillment/v1/order"


def get_orders(*, wanted: str, limit: int, offset: int) -> Request:
    """Show the orders that the filter `wanted` lets through, at most 200 at once, after the first `offset` of them."""
    return Request("GET", ORDERS, query={"filter": wanted, "limit": str(limit), "offset": str(offset)})
