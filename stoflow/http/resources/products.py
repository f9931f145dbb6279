"""Products over HTTP."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from stoflow.domain.product import NewProduct
from stoflow.http.context import Context
from stoflow.http.resources.product_bodies import ChangedProductBody, Money, NewProductBody, ProductBody, ProductsPage
from stoflow.http.resources.product_filters import ProductsQuery, filter_of
from stoflow.http.rest.endpoint import Asked, FileAnswer, Operation
from stoflow.http.rest.schemas import Given
from stoflow.resources.products import editing
from stoflow.resources.products.media import CONTENT_TYPES

PHOTO_TYPES: Final = tuple(CONTENT_TYPES.values())


PHOTO_HEADERS: Final[Mapping[str, str]] = {"Cache-Control": "private, max-age=300"}


def create_product(context: Context, asked: Asked) -> ProductBody:
    named: dict[str, Any] = {"description": "", "price": None, **_named(asked.body)}
    return ProductBody.of(editing.create_product(context, asked.tenant, NewProduct(**named)))


def change_product(context: Context, asked: Asked) -> ProductBody:
    return ProductBody.of(editing.change_product(context, asked.tenant, asked.id(), _named(asked.body)))


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
    wanted = filter_of(query)
    page = editing.list_products(context, asked.tenant, wanted, query.limit, query.cursor)
    return ProductsPage.of_items(page, ProductBody.of)


def read_product(context: Context, asked: Asked) -> ProductBody:
    return ProductBody.of(editing.find_product(context, asked.tenant, asked.id()))


def read_photo(context: Context, asked: Asked) -> FileAnswer:
    photo = editing.find_photo(context, asked.tenant, asked.id(), asked.number("position"))
    return FileAnswer(photo.file, photo.content_type, PHOTO_HEADERS)


OPERATIONS: Final = (
    Operation(
        "POST", "/api/products", "createProduct", "Add a product.",
        create_product, ProductBody, 201, body=NewProductBody, problems=(400, 408, 409, 413, 415, 422),
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
        "Change a product; its listings follow with a job `update`, and end by themselves at quantity 0.",
        change_product, ProductBody, body=ChangedProductBody, problems=(400, 404, 408, 409, 413, 415, 422),
    ),
    Operation(
        "GET", "/api/products/{id}/photos/{position}", "readPhoto", "Read one photo of a product, as it was given.",
        read_photo, PHOTO_TYPES, problems=(404, 422),
    ),
)  # fmt: skip
