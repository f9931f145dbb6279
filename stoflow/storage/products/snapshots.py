"""A tenant's products: stored, read back as the domain's frozen snapshots, listed page by page."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from stoflow.domain.errors import InputError, NotFound
from stoflow.domain.product import NewProduct, Product
from stoflow.storage.database.tables import ListingRow, ProductImageRow, ProductRow
from stoflow.storage.products.keys import KEYS, is_kept, keys_of, refuse_taken_keys
from stoflow.storage.products.room import refuse_more
from stoflow.storage.products.values import columns_of, errors_of, photo_rows, product_of, without_id, write

Check = Callable[[Product], None]
"""Raises where a product may not be changed as it is."""


def add_product(session: Session, product: NewProduct) -> int:
    """Store one product and return its id.

    Raise InputError, with every reason, for what the table cannot hold, Conflict where another one has its key,
    QuotaExceeded where the tenant may have no more.
    """
    if keys_of(product):
        refuse_taken_keys(session, product)
    refuse_more(session)
    return add_products(session, [product])[0]


def add_products(session: Session, products: Sequence[NewProduct], digests: Sequence[str] = ()) -> Sequence[int]:
    """Store many products in two statements and return their ids in the same order; their keys are free.

    `digests` are those of the products that a file gave, "" for each that has a key.
    """
    if errors := tuple(chain.from_iterable(map(errors_of, products))):
        raise InputError("The product cannot be stored.", errors)
    if not products:
        return []
    # Sorted by parameter order: the ids come back in the order of `products`.
    statement = insert(ProductRow).returning(ProductRow.id, sort_by_parameter_order=True)
    rows = [
        {**columns_of(product), "file_digest": digest or None}
        for product, digest in zip(products, digests or [""] * len(products), strict=True)
    ]
    ids = session.scalars(statement, rows).all()
    photos = [row for id_, product in zip(ids, products, strict=True) for row in photo_rows(id_, product)]
    if photos:
        session.execute(insert(ProductImageRow), photos)
    return ids


def change_product(
    session: Session, product_id: int, changes: Mapping[str, Any], *, check: Check = lambda _: None
) -> None:
    """Change the named fields of one product, if `check` does not raise on it as it is now.

    Raise NotFound, InputError for what the table cannot hold, Conflict where another product has the key.
    It waits for whoever submits a job on the product: a job sees the product before the change or after it.
    """
    if any(changes.get(field) for field in KEYS):
        given = {field: changes.get(field, "") for field in KEYS}
        refuse_taken_keys(session, NewProduct("", "", None, **given), but=product_id)
    row = lock_product(session, product_id)
    before = product_of(row)
    check(before)
    changed = replace(without_id(before), **changes)
    if errors := tuple(errors_of(changed)):
        raise InputError("The product cannot be stored.", errors)
    write(row, changed)
    session.flush()


def lock_product(session: Session, product_id: int) -> ProductRow:
    """Return the row of a product that was not deleted, locked until the commit; raise NotFound."""
    row = session.scalars(
        select(ProductRow).where(ProductRow.id == product_id, is_kept()).with_for_update(of=ProductRow)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no product {product_id}.")
    return row


def get_product(session: Session, product_id: int) -> Product:
    """Return one product that was not deleted; raise NotFound."""
    row = session.scalars(select(ProductRow).where(ProductRow.id == product_id, is_kept())).one_or_none()
    if row is None:
        raise NotFound(f"There is no product {product_id}.")
    return product_of(row)


def list_products(session: Session, *, before: int | None = None, limit: int = 100) -> Sequence[Product]:
    """Return products, newest first: those stored before the product `before`, or the newest."""
    older = () if before is None else (ProductRow.id < before,)
    query = select(ProductRow).where(*older, is_kept()).order_by(ProductRow.id.desc()).limit(limit)
    return [product_of(row) for row in session.scalars(query)]


def get_products(session: Session, ids: Iterable[int]) -> Sequence[Product]:
    """Return those of these products that were not deleted, in the order of their ids."""
    query = select(ProductRow).where(ProductRow.id.in_(list(ids)), is_kept()).order_by(ProductRow.id)
    return [product_of(row) for row in session.scalars(query)]


def marketplaces_of(session: Session, products: Iterable[int]) -> Mapping[int, Sequence[str]]:
    """Return where buyers see these products; those they see nowhere are left out."""
    found = session.execute(
        select(ListingRow.product_id, ListingRow.marketplace)
        .where(ListingRow.product_id.in_(list(products)), ListingRow.visible)
        .order_by(ListingRow.marketplace)
    )
    places = defaultdict[int, list[str]](list)
    for product, marketplace in found:
        places[product].append(marketplace)
    return places
