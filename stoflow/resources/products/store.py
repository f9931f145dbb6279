"""The products of every tenant: put in their tenant's schema, a batch to a transaction, and found again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.product import GivenProduct, NewProduct, NotStored, Product, Stored
from stoflow.domain.product_filter import ProductFilter
from stoflow.resources.products.media import MediaFolder, Photo
from stoflow.storage.database.session import Database
from stoflow.storage.engine.observe.link import Link as Link
from stoflow.storage.engine.observe.link import link_listings
from stoflow.storage.products.photos import ChangePhotos, change_photos
from stoflow.storage.products.reading import matching_ids, read_photo_path
from stoflow.storage.products.snapshots import (
    Check,
    add_product,
    change_product,
    get_product,
    get_products,
    marketplaces_of,
)
from stoflow.storage.products.upserting import find_products, upsert_products

PART = 500


class Products:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, tenant: TenantId, batch: Sequence[GivenProduct], before: Mapping[int, int]
    ) -> Sequence[Stored | NotStored]:
        """Make or change each product; `before` are those that the same file gave already, with their lines."""
        with self._database.tenant(tenant) as session:
            return upsert_products(session, batch, before)

    def look_up(
        self, tenant: TenantId, batch: Sequence[GivenProduct], before: Mapping[int, int]
    ) -> Sequence[int | NotStored | None]:
        """Return which product each would change, None for one that `store` would make; `before` as there."""
        with self._database.tenant(tenant) as session:
            return find_products(session, batch, before)

    def link(self, tenant: TenantId, *, names: str = "") -> Sequence[Link]:
        """Link the listings that syncs saw to the products with their keys; `names` as in `link_listings`."""
        with self._database.records() as connection:
            return link_listings(connection, tenant, names=names)

    def add(self, tenant: TenantId, product: NewProduct) -> Product:
        """Store one product and return it as it is read from now on."""
        with self._database.tenant(tenant) as session:
            return get_product(session, add_product(session, product))

    def change(self, tenant: TenantId, product: int, changes: Mapping[str, Any], check: Check) -> Product:
        """Change the named fields of a product and return it; raise NotFound, InputError or Conflict, or what `check`
        raises on the product as it is."""
        with self._database.tenant(tenant) as session:
            change_product(session, product, changes, check=check)
            return get_product(session, product)

    def change_photos(self, tenant: TenantId, product: int, change: ChangePhotos) -> Product:
        """Give a product other photos and return it; raise NotFound, or what `change` raises on it as it is."""
        with self._database.tenant(tenant) as session:
            change_photos(session, product, change)
            return get_product(session, product)

    def matching(self, tenant: TenantId, wanted: ProductFilter, *, limit: int) -> Sequence[int]:
        """Return the ids of up to `limit` products that are meant, oldest first."""
        with self._database.reading() as connection:
            return matching_ids(connection, tenant, wanted, limit=limit)

    def each(self, tenant: TenantId, ids: Sequence[int]) -> Iterator[Product]:
        """Yield those of these products that were not deleted, a part to a transaction."""
        for first in range(0, len(ids), PART):
            with self._database.tenant(tenant) as session:
                part = get_products(session, ids[first : first + PART])
            yield from part

    def for_sale(self, tenant: TenantId, products: Sequence[int]) -> Mapping[int, Sequence[str]]:
        """Return the marketplaces on which buyers see each product; one that is for sale nowhere is left out."""
        with self._database.tenant(tenant) as session:
            return marketplaces_of(session, products)

    def photo(self, media: MediaFolder, tenant: TenantId, product: int, position: int) -> Photo:
        """Return a product's photo out of the media folder; raise NotFound."""
        with self._database.reading() as connection:
            path = read_photo_path(connection, tenant, product, position)
        photo = None if path is None else media.find(path)
        if photo is None:
            raise NotFound(f"Product {product} has no photo {position}.")
        return photo
