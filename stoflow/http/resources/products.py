"""Products over HTTP."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from stoflow.domain.errors import InputError
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import NewProduct, Product
from stoflow.http.context import Context
from stoflow.http.resources.product_bodies import (
    ChangedProductBody,
    DeletedBody,
    DeletionQuery,
    Money,
    NewProductBody,
    ProductBody,
    ProductListingBody,
    ProductListingsBody,
    ProductsPage,
)
from stoflow.http.resources.product_filters import ProductsQuery, filter_of
from stoflow.http.rest.endpoint import Answer, Asked, Operation
from stoflow.http.rest.schemas import Given
from stoflow.resources.products import deleting, editing

ENTITY_TAG = re.compile(r'"([0-9a-f]{24})"')
IF_MATCH: Final = {"If-Match": "The ETag of the product as it was read: 412 where it has changed since."}


def create_product(context: Context, asked: Asked) -> Answer:
    named: dict[str, Any] = {"description": "", "price": None, **_named(asked.body)}
    made = editing.create_product(context, asked.tenant, NewProduct(**named))
    return _tagged(made, {"Location": f"/api/products/{made.id}"})


def change_product(context: Context, asked: Asked) -> Answer:
    """With `If-Match`, change it only as it was read."""
    known = known_version(asked)
    return _tagged(editing.change_product(context, asked.tenant, asked.id(), _named(asked.body), known=known))


def delete_product(context: Context, asked: Asked) -> DeletedBody:
    ends = asked.query.listings == "end"
    jobs = deleting.delete_product(context, asked.tenant, asked.id(), ends_listings=ends)
    return DeletedBody(id=asked.id(), jobs=list(jobs))


def list_product_listings(context: Context, asked: Asked) -> ProductListingsBody:
    """A product is on few marketplaces, so it is one page."""
    found = editing.list_product_listings(context, asked.tenant, asked.id())
    return ProductListingsBody(items=[ProductListingBody.of(each) for each in found], next_cursor=None)


def _tagged(product: Product, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(ProductBody.of(product), {**(headers or {}), **entity_tag(editing.version_of(product))})


def entity_tag(version: str) -> Mapping[str, str]:
    return {"ETag": f'"{version}"'}


def known_version(asked: Asked) -> str:
    """Return the version that the caller knows, "" where any will do; raise InputError for what no answer gave."""
    given = asked.headers.get("if-match", "*").strip()
    if given == "*":
        return ""
    found = ENTITY_TAG.fullmatch(given)
    if found is None:
        raise InputError(
            "If-Match is not right.", (FieldError("If-Match", "send the ETag that came with the product"),)
        )
    return found[1]


def _named(body: Given) -> dict[str, Any]:
    """Return what the body names, and nothing else, as fields of NewProduct."""
    named = {name: getattr(body, name) for name in body.model_fields_set}
    if price := named.get("price"):
        named |= _price(price)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in named.items()}


def _price(money: Money) -> dict[str, Any]:
    return {"price": Decimal(money.amount)} | ({"currency": money.currency} if money.currency else {})


def list_products(context: Context, asked: Asked) -> ProductsPage:
    query: ProductsQuery = asked.query
    wanted = filter_of(query, context.registry.marketplaces)
    page = editing.list_products(context, asked.tenant, wanted, query.limit, query.cursor)
    return ProductsPage.of_items(page, ProductBody.of)


def read_product(context: Context, asked: Asked) -> Answer:
    return _tagged(editing.find_product(context, asked.tenant, asked.id()))


OPERATIONS: Final = (
    Operation(
        "POST", "/api/products", "createProduct", "Add a product.",
        create_product, ProductBody, 201, body=NewProductBody, problems=(400, 402, 408, 409, 413, 415, 422),
    ),
    Operation(
        "GET", "/api/products", "listProducts", "List products, newest first: all, or those that are meant.",
        list_products, ProductsPage, query=ProductsQuery, problems=(422,),
    ),
    Operation(
        "GET", "/api/products/{id}", "readProduct", "Read one product.",
        read_product, ProductBody, problems=(404, 422),
    ),
    Operation(
        "PATCH", "/api/products/{id}", "changeProduct",
        "Change a product. Its listings stay as they are until you ask for a job `update` at each marketplace; only at "
        "quantity 0 they end by themselves.",
        change_product, ProductBody, body=ChangedProductBody, headers=IF_MATCH,
        problems=(400, 404, 408, 409, 412, 413, 415, 422),
    ),
    Operation(
        "DELETE", "/api/products/{id}", "deleteProduct",
        "Delete a product; while it is for sale only with `listings=end`, which asks for jobs that end its listings.",
        delete_product, DeletedBody, query=DeletionQuery, problems=(404, 409, 422),
    ),
    Operation(
        "GET", "/api/products/{id}/listings", "listProductListings", "Say where a product is, as StoFlow put it there.",
        list_product_listings, ProductListingsBody, problems=(404, 422),
    ),
)  # fmt: skip
