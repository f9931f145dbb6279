"""The photos of a product as rows: which files, in which order."""

from collections.abc import Callable, Mapping

from sqlalchemy import delete, func, insert
from sqlalchemy.orm import Session

from stoflow.domain.product import NewProduct, Product, ProductImage
from stoflow.storage.database.tables import ProductImageRow
from stoflow.storage.products.snapshots import lock_product
from stoflow.storage.products.values import photo_rows, product_of, without_id

ChangePhotos = Callable[[Product], tuple[ProductImage, ...]]
"""Returns the photos that a product is to have from now on; raises where they may not be changed as it is."""


def change_photos(session: Session, product_id: int, change: ChangePhotos) -> None:
    """Give a product the photos that `change` makes of it as it is now; raise NotFound, or what that raises."""
    row = lock_product(session, product_id)
    before = product_of(row)
    images = change(before)
    if images == before.images:
        return
    replace_photos(session, {product_id: without_id(before, images=images)})
    row.updated_at = func.now()
    session.flush()
    session.expire(row)


def replace_photos(session: Session, products: Mapping[int, NewProduct]) -> None:
    """Give each product, which is locked, the photos that it is said to have."""
    if not products:
        return
    session.execute(
        delete(ProductImageRow).where(ProductImageRow.product_id.in_(products)),
        execution_options={"synchronize_session": False},
    )
    rows = [row for id_, product in products.items() for row in photo_rows(id_, product)]
    if rows:
        session.execute(insert(ProductImageRow), rows)
