"""A product as the columns of its row, the row as a product, and what the columns cannot hold."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from stoflow.domain.outcome import FieldError
from stoflow.domain.product import NewProduct, Product, ProductImage
from stoflow.storage.database.tables import ProductRow

LONGEST_TITLE = 500
LONGEST_KEY = 255
HIGHEST_PRICE = 10**8  # numeric(10, 2)
PRICE_DECIMALS = 2
WORDS = ("category", "brand", "size", "gender", "season", "fit", "who_made", "when_made", "sku", "external_id")
"""NULL in the database where the product does not say."""
SOLD, FOR_SALE_AGAIN = "sold", "draft"


def product_of(row: ProductRow) -> Product:
    """Return the snapshot of a row; what is NULL in the database is empty text in the domain."""
    return Product(
        id=row.id,
        title=row.title,
        description=row.description or "",
        price=row.price,
        currency=row.currency,
        condition=row.condition,
        colors=row.colors,
        materials=row.materials,
        quantity=row.stock_quantity,
        images=tuple(ProductImage(photo.position, photo.path) for photo in row.photos),
        metadata=row.metadata_,
        **{name: getattr(row, name) or "" for name in WORDS},
    )


def without_id(product: Product, **changes: Any) -> NewProduct:
    return NewProduct(**{field.name: getattr(product, field.name) for field in fields(NewProduct)} | changes)


def columns_of(product: NewProduct) -> Mapping[str, Any]:
    """Return the values by the attributes of a row; the photos have rows of their own."""
    return {
        "title": product.title,
        "description": product.description,
        "price": product.price,
        "currency": product.currency,
        "condition": product.condition,
        "colors": product.colors,
        "materials": product.materials,
        "stock_quantity": product.quantity,
        "metadata_": dict(product.metadata),
        **{name: getattr(product, name) or None for name in WORDS},
    }


def photo_rows(id_: int, product: NewProduct) -> Iterable[Mapping[str, Any]]:
    return [{"product_id": id_, "position": photo.position, "path": photo.path} for photo in product.images]


def write(row: ProductRow, product: NewProduct) -> None:
    """Set the row's columns: what was sold and is there again can be put up for sale again."""
    for name, value in columns_of(product).items():
        setattr(row, name, value)
    if row.status == SOLD and row.stock_quantity > 0:
        row.status = FOR_SALE_AGAIN


def errors_of(product: NewProduct) -> Iterable[FieldError]:
    """Name what the table cannot hold; whether a marketplace would take it is that marketplace's `validate`."""
    texts = [value for value in columns_of(product).values() if isinstance(value, str)]
    if "\0" in "".join([*texts, *product.colors, *product.materials, *(photo.path for photo in product.images)]):
        yield FieldError("text", "A text holds a zero character, which cannot be stored.")
    if not product.title.strip() or len(product.title) > LONGEST_TITLE:
        yield FieldError("title", f"A title has 1 to {LONGEST_TITLE} characters.")
    if product.price is not None and not (product.price.is_finite() and 0 <= product.price < HIGHEST_PRICE):
        yield FieldError("price", f"A price is a number from 0 to below {HIGHEST_PRICE}.")
    elif product.price is not None and product.price != round(product.price, PRICE_DECIMALS):
        yield FieldError("price", f"A price has at most {PRICE_DECIMALS} decimals.")
    if len(product.currency) != 3 or not product.currency.isalpha():  # noqa: PLR2004
        yield FieldError("currency", "A currency is three letters, such as EUR.")
    if product.condition is not None and not 0 <= product.condition <= 10:  # noqa: PLR2004
        yield FieldError("condition", "A condition is a note from 0 to 10.")
    if not 0 <= product.quantity < 2**31:
        yield FieldError("quantity", "A quantity is a whole number from 0.")
    positions = [photo.position for photo in product.images]
    if len(set(positions)) != len(positions):
        yield FieldError("images", "Two photos have the same position.")
    yield from (
        FieldError(name, f"A {name} has at most {LONGEST_KEY} characters.")
        for name in ("sku", "external_id")
        if len(getattr(product, name)) > LONGEST_KEY
    )
