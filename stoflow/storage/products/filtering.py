"""The products that a filter means, as conditions of a query."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from stoflow.domain.product_filter import Availability, ProductFilter
from stoflow.storage.database.tables import ListingRow, ProductRow
from stoflow.storage.products.keys import is_kept

SEARCHED = (
    ProductRow.title,
    ProductRow.description,
    ProductRow.brand,
    ProductRow.sku,
    ProductRow.external_id,
)


def conditions_of(wanted: ProductFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what a product must be; deleted ones are never meant."""
    yield is_kept()
    for word in (wanted.text or "").split():
        yield func.concat_ws("\n", *SEARCHED).icontains(word, autoescape=True)
    if wanted.brand is not None:
        yield func.lower(ProductRow.brand) == wanted.brand.lower()
    if wanted.category is not None:
        yield func.lower(ProductRow.category) == wanted.category.lower()
    if wanted.status is not None:
        left = ProductRow.stock_quantity > 0
        yield left if wanted.status is Availability.AVAILABLE else ~left
    if wanted.for_sale_on is not None:
        yield _is_for_sale(wanted.for_sale_on)
    if wanted.not_on is not None:
        yield ~_is_for_sale(wanted.not_on)


def _is_for_sale(marketplace: str) -> ColumnElement[bool]:
    return exists().where(
        ListingRow.product_id == ProductRow.id, ListingRow.marketplace == marketplace, ListingRow.visible
    )


def matching_ids(session: Session, wanted: ProductFilter, *, limit: int) -> Sequence[int]:
    """Return the ids of up to `limit` products that are meant, oldest first."""
    query = select(ProductRow.id).where(*conditions_of(wanted)).order_by(ProductRow.id).limit(limit)
    return session.scalars(query).all()
