"""Products over HTTP."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from stoflow.domain.product import NewProduct
from stoflow.http.doors import Doors
from stoflow.http.resources.answers import ProductBody, ProductsPage
from stoflow.http.resources.schemas import Given, Money, PageQuery
from stoflow.http.rest.endpoint import Asked, FileAnswer
from stoflow.resources.products.media import CONTENT_TYPES

PHOTO_TYPES: Final = tuple(CONTENT_TYPES.values())
PHOTO_HEADERS: Final[Mapping[str, str]] = {"Cache-Control": "private, max-age=300"}


def create_product(doors: Doors, asked: Asked) -> ProductBody:
    named: dict[str, Any] = {"description": "", "price": None, **_named(asked.body)}
    return ProductBody.of(doors.create_product(asked.tenant, NewProduct(**named)))


def change_product(doors: Doors, asked: Asked) -> ProductBody:
    return ProductBody.of(doors.change_product(asked.tenant, asked.id(), _named(asked.body)))


def _named(body: Given) -> dict[str, Any]:
    """Return what the body names, and nothing else, as fields of NewProduct."""
    named = {name: getattr(body, name) for name in body.model_fields_set}
    if price := named.get("price"):
        named |= _price(price)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in named.items()}


def _price(money: Money) -> dict[str, Any]:
    return {"price": Decimal(money.amount)} | ({"currency": money.currency} if money.currency else {})


def list_products(doors: Doors, asked: Asked) -> ProductsPage:
    query: PageQuery = asked.query
    return ProductsPage.of(doors.list_products(asked.tenant, query.limit, query.cursor))


def read_product(doors: Doors, asked: Asked) -> ProductBody:
    return ProductBody.of(doors.find_product(asked.tenant, asked.id()))


def read_photo(doors: Doors, asked: Asked) -> FileAnswer:
    photo = doors.read_photo(asked.tenant, asked.id(), asked.number("position"))
    return FileAnswer(photo.file, photo.content_type, PHOTO_HEADERS)
