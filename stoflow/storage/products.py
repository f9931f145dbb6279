"""A tenant's products: stored, read back as the domain's frozen snapshots, listed page by page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from stoflow.domain.errors import InputError, NotFound
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import NewProduct, Product, ProductImage
from stoflow.storage.tables import ProductImageRow, ProductRow

LONGEST_TITLE = 500
HIGHEST_PRICE = 10**8  # numeric(10, 2)
PRICE_DECIMALS = 2
SOLD, FOR_SALE_AGAIN = "sold", "draft"


def add_product(session: Session, product: NewProduct) -> int:
    """Store one product and return its id. Raise InputError, with every reason, for what the table cannot hold."""
    return add_products(session, [product])[0]


def add_products(session: Session, products: Sequence[NewProduct]) -> Sequence[int]:
    """Store many products in two statements and return their ids in the same order."""
    if errors := tuple(chain.from_iterable(map(_errors_of, products))):
        raise InputError("The product cannot be stored.", errors)
    if not products:
        return []
    # Sorted by parameter order: the ids come back in the order of `products`.
    statement = insert(ProductRow).returning(ProductRow.id, sort_by_parameter_order=True)
    ids = session.scalars(statement, [_values_of(product) for product in products]).all()
    photos = [
        {"product_id": id_, "position": photo.position, "path": photo.path}
        for id_, product in zip(ids, products, strict=True)
        for photo in product.images
    ]
    if photos:
        session.execute(insert(ProductImageRow), photos)
    return ids


def change_product(session: Session, product_id: int, changes: Mapping[str, Any]) -> None:
    """Change the named fields of one product; raise NotFound, or InputError for what the table cannot hold.

    It waits for whoever submits a job on the product: a job sees the product before the change or after it.
    """
    row = session.scalars(
        select(ProductRow).where(ProductRow.id == product_id, _is_kept()).with_for_update(of=ProductRow)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no product {product_id}.")
    product = product_of(row)
    stored = {field.name: getattr(product, field.name) for field in fields(product) if field.name != "id"}
    changed = replace(NewProduct(**stored, external_id=row.external_ref or ""), **changes)
    if errors := tuple(_errors_of(changed)):
        raise InputError("The product cannot be stored.", errors)
    for name, value in _values_of(changed).items():
        setattr(row, name, value)
    if row.status == SOLD and row.stock_quantity > 0:
        row.status = FOR_SALE_AGAIN
    session.flush()


def get_product(session: Session, product_id: int) -> Product:
    """Return one product that was not deleted; raise NotFound."""
    row = session.scalars(select(ProductRow).where(ProductRow.id == product_id, _is_kept())).one_or_none()
    if row is None:
        raise NotFound(f"There is no product {product_id}.")
    return product_of(row)


def photo_path(session: Session, product_id: int, position: int) -> str | None:
    """Return where a photo of a product that was not deleted lies."""
    return session.scalars(
        select(ProductImageRow.path)
        .join(ProductRow, ProductRow.id == ProductImageRow.product_id)
        .where(ProductRow.id == product_id, ProductImageRow.position == position, _is_kept())
    ).one_or_none()


def list_products(session: Session, *, before: int | None = None, limit: int = 100) -> Sequence[Product]:
    """Return products, newest first: those stored before the product `before`, or the newest of all."""
    older = () if before is None else (ProductRow.id < before,)
    rows = session.scalars(select(ProductRow).where(*older, _is_kept()).order_by(ProductRow.id.desc()).limit(limit))
    return [product_of(row) for row in rows]


def ids_by_reference(session: Session, references: Iterable[str]) -> dict[str, int]:
    """Return the ids of those products that were imported under one of these names before."""
    found = session.execute(
        select(ProductRow.external_ref, ProductRow.id)
        .where(ProductRow.external_ref.in_(list(references)), _is_kept())
        .order_by(ProductRow.id.desc())
    )
    return {reference: id_ for reference, id_ in found if reference is not None}


def product_of(row: ProductRow) -> Product:
    """Return the snapshot of a row; what is NULL in the database is empty text in the domain."""
    return Product(
        id=row.id,
        title=row.title,
        description=row.description or "",
        price=row.price,
        currency=row.currency,
        category=row.category or "",
        brand=row.brand or "",
        condition=row.condition,
        size=row.size or "",
        colors=row.colors,
        materials=row.materials,
        gender=row.gender or "",
        season=row.season or "",
        fit=row.fit or "",
        quantity=row.stock_quantity,
        who_made=row.who_made or "",
        when_made=row.when_made or "",
        images=tuple(ProductImage(photo.position, photo.path) for photo in row.photos),
    )


def _is_kept() -> ColumnElement[bool]:
    return ProductRow.deleted_at.is_(None)


def _values_of(product: NewProduct) -> dict[str, object]:
    return {
        "title": product.title,
        "description": product.description,
        "price": product.price,
        "currency": product.currency,
        "category": product.category or None,
        "brand": product.brand or None,
        "condition": product.condition,
        "size": product.size or None,
        "colors": product.colors,
        "materials": product.materials,
        "gender": product.gender or None,
        "season": product.season or None,
        "fit": product.fit or None,
        "stock_quantity": product.quantity,
        "who_made": product.who_made or None,
        "when_made": product.when_made or None,
        "external_ref": product.external_id or None,
    }


def _errors_of(product: NewProduct) -> Iterable[FieldError]:
    """Name what the table cannot hold; whether a marketplace would take it is that marketplace's `validate`."""
    texts = [value for value in _values_of(product).values() if isinstance(value, str)]
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
