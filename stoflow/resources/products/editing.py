"""What a seller does with products one by one: add, change, read."""

from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import blake2s
from typing import Any, Final

from stoflow.domain.errors import Changed
from stoflow.domain.ids import TenantId
from stoflow.domain.page import Page, id_in
from stoflow.domain.product import NewProduct, Product, ProductListing
from stoflow.domain.product_filter import ANY_PRODUCT, ProductFilter
from stoflow.resources.needs import ChangesProducts, Reads, ReadsPhotos
from stoflow.resources.products.media import Photo
from stoflow.resources.products.stored import products_in
from stoflow.storage.database.session import Database
from stoflow.storage.products.reading import read_listings, read_page, read_product

VERSION_BYTES: Final = 12


def create_product(needs: Reads, tenant: TenantId, product: NewProduct) -> Product:
    return products_in(needs.database).add(tenant, product)


def change_product(
    needs: ChangesProducts, tenant: TenantId, product: int, changes: Mapping[str, Any], *, known: str = ""
) -> Product:
    """Change the named fields, and do what follows from the quantity.

    Raise NotFound, InputError, Conflict, or Changed where it is no longer of the version `known`.
    """
    after = products_in(needs.database).change(tenant, product, changes, partial(check_version, known=known))
    if needs.stock.follow(tenant):
        needs.announced()
    return after


def check_version(product: Product, known: str) -> None:
    """Raise Changed where a version is known and the product is no longer of it."""
    if known and version_of(product) != known:
        raise Changed(f"Product {product.id} has changed since it was read: read it again.")


def version_of(product: Product) -> str:
    """Return what two states of a product share that are the same in all that can be said of it."""
    return blake2s(repr(product).encode(), digest_size=VERSION_BYTES).hexdigest()


def list_product_listings(needs: Reads, tenant: TenantId, product: int) -> Sequence[ProductListing]:
    """Return where the product is; raise NotFound."""
    with needs.database.reading() as connection:
        return read_listings(connection, tenant, product)


def find_product(needs: Reads, tenant: TenantId, product: int) -> Product:
    """Return the product; raise NotFound."""
    with needs.database.reading() as connection:
        return read_product(connection, tenant, product)


def list_products(
    needs: Reads, tenant: TenantId, wanted: ProductFilter, limit: int, cursor: str | None
) -> Page[Product]:
    """Return the products that are meant and follow the cursor, newest first."""
    return page_of(needs.database, tenant, limit, cursor, wanted)


def page_of(
    database: Database, tenant: TenantId, limit: int, cursor: str | None, wanted: ProductFilter = ANY_PRODUCT
) -> Page[Product]:
    """The same, for who has nothing but the database."""
    with database.reading() as connection:
        found = read_page(connection, tenant, wanted, before=id_in(cursor), limit=limit + 1)
    items = tuple(found[:limit])
    return Page(items, str(items[-1].id) if len(found) > limit else None)


def find_photo(needs: ReadsPhotos, tenant: TenantId, product: int, position: int) -> Photo:
    """Return a product's photo; raise NotFound."""
    return products_in(needs.database).photo(needs.media, tenant, product, position)
