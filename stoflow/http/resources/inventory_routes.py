"""An account's listings and orders over HTTP, as its syncs and orders jobs have seen them."""

from stoflow.http.doors import Doors
from stoflow.http.resources.inventory_answers import ListingsPage, OrdersPage
from stoflow.http.resources.job_routes import marketplace_in
from stoflow.http.resources.schemas import ListingsQuery, PageQuery
from stoflow.http.rest.endpoint import Asked
from stoflow.resources.observed.read import ListingFilter


def list_listings(doors: Doors, asked: Asked) -> ListingsPage:
    query: ListingsQuery = asked.query
    wanted = ListingFilter(
        marketplace=marketplace_in(doors, asked),
        state=query.state,
        linked=query.linked,
        limit=query.limit,
        cursor=query.cursor,
    )
    return ListingsPage.of(doors.list_listings(asked.tenant, wanted))


def list_orders(doors: Doors, asked: Asked) -> OrdersPage:
    query: PageQuery = asked.query
    marketplace = marketplace_in(doors, asked)
    return OrdersPage.of(doors.list_orders(asked.tenant, marketplace, query.limit, query.cursor))
