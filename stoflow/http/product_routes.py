"""Products over HTTP."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from stoflow.catalogue.media import CONTENT_TYPES
from stoflow.domain.product import NewProduct
from stoflow.http.answers import ProductBody, ProductsPage
from stoflow.http.doors import Doors
from stoflow.http.endpoint import Asked, FileAnswer
from stoflow.http.schemas import ChangedProductBody, NewProductBody, PageQuery

PHOTO_TYPES: Final = tuple(CONTENT_TYPES.values())
PHOTO_HEADERS: Final[Mapping[str, str]] = {"Cache-Control": "private, max-age=300"}


def create_product(doors: Doors, asked: Asked) -> ProductBody:
    return ProductBody.of(doors.create_product(asked.tenant, _product(asked.body)))


def change_product(doors: Doors, asked: Asked) -> ProductBody:
    body: ChangedProductBody = asked.body
    product = _product(body)
    named = body.model_fields_set | ({"currency"} if body.price else set())
    changes = {name: getattr(product, name) for name in named}
    return ProductBody.of(doors.change_product(asked.tenant, asked.id(), changes))


def _product(body: NewProductBody) -> NewProduct:
    return NewProduct(
        title=body.title,
        description=body.description,
        price=Decimal(body.price.amount) if body.price else None,
        currency=body.price.currency if body.price else "EUR",
        category=body.category,
        brand=body.brand,
        condition=body.condition,
        size=body.size,
        colors=tuple(body.colors),
        materials=tuple(body.materials),
        gender=body.gender,
        season=body.season,
        fit=body.fit,
        quantity=body.quantity,
        who_made=body.who_made,
        when_made=body.when_made,
    )


def list_products(doors: Doors, asked: Asked) -> ProductsPage:
    query: PageQuery = asked.query
    return ProductsPage.of(doors.list_products(asked.tenant, query.limit, query.cursor))


def read_product(doors: Doors, asked: Asked) -> ProductBody:
    return ProductBody.of(doors.find_product(asked.tenant, asked.id()))


def read_photo(doors: Doors, asked: Asked) -> FileAnswer:
    photo = doors.read_photo(asked.tenant, asked.id(), asked.number("position"))
    return FileAnswer(photo.content, photo.content_type, PHOTO_HEADERS)
