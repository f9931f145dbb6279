"""The seller's own keys of a product, `sku` and `external_id`: each names at most one of a seller's products."""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from stoflow.domain.errors import Conflict
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import NewProduct
from stoflow.storage.database.tables import ProductRow

KEYS: Mapping[str, InstrumentedAttribute[str | None]] = {"sku": ProductRow.sku, "external_id": ProductRow.external_id}
KEYS_LOCK = 0x53544F4B  # "STOK"

Holders = Mapping[str, Mapping[str, int]]
"""By the key's field, then by its value: the product that has it."""


def keys_of(product: NewProduct) -> Mapping[str, str]:
    """Return the keys that are given, the one that is looked for first in front."""
    return {field: key for field in KEYS if (key := getattr(product, field))}


def lock_keys(session: Session) -> None:
    """Wait until nobody else gives keys to this tenant's products; ends with the transaction.

    It comes before the lock of any product, so that nobody waits in a circle.
    """
    session.execute(select(func.pg_advisory_xact_lock(KEYS_LOCK, session.info["tenant"])))


def holders_of(session: Session, products: Iterable[NewProduct]) -> Holders:
    """Return who has the keys of these products now."""
    wanted = [keys_of(product) for product in products]
    return {
        field: _holders(session, column, [keys[field] for keys in wanted if field in keys])
        for field, column in KEYS.items()
    }


def _holders(session: Session, column: InstrumentedAttribute[str | None], names: list[str]) -> Mapping[str, int]:
    if not names:
        return {}
    found = session.execute(select(column, ProductRow.id).where(column.in_(names), is_kept()))
    return {name: id_ for name, id_ in found if name is not None}


def holders_of_digests(session: Session, digests: Iterable[str]) -> Mapping[str, Iterator[int]]:
    """Return, by digest, the products that a file gave in these words without a key: the oldest first, each once."""
    if not (wanted := [digest for digest in digests if digest]):
        return {}
    found: dict[str, list[int]] = {}
    query = select(ProductRow.file_digest, ProductRow.id).where(ProductRow.file_digest.in_(wanted), is_kept())
    for digest, id_ in session.execute(query.order_by(ProductRow.id)):
        found.setdefault(str(digest), []).append(id_)
    return {digest: iter(ids) for digest, ids in found.items()}


def refuse_taken_keys(session: Session, product: NewProduct, *, but: int | None = None) -> None:
    """Raise Conflict where another product than `but` has one of the keys; nobody takes one until the commit."""
    lock_keys(session)
    taken = [
        FieldError(field, f'Product {id_} has the {field} "{key}".')
        for field, found in holders_of(session, [product]).items()
        for key, id_ in found.items()
        if id_ != but
    ]
    if taken:
        raise Conflict(" ".join(each.message for each in taken), tuple(taken))


def is_kept() -> ColumnElement[bool]:
    """Say of a product that it was not deleted."""
    return ProductRow.deleted_at.is_(None)
