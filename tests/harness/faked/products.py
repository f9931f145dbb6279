"""Use cases of products, without PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stoflow.domain.catalogue import CatalogueEntry
from stoflow.domain.described import Description, WrittenText
from stoflow.domain.errors import NotFound
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.imported import ImportStatus, ImportView, Rejection
from stoflow.domain.page import LARGEST_ID, Page
from stoflow.domain.product import NewProduct, Product, ProductListing
from stoflow.domain.product_filter import ProductFilter
from stoflow.resources.observed.read import ListingFilter, ListingView, OrderView
from stoflow.resources.products.media import Photo
from stoflow.resources.products.photos import PhotoView, ProductPhotos
from stoflow.resources.products.preview import ProductPreview
from tests.harness.faked.remembered import Remembered

PHOTO = Path(__file__)  # whatever is in it


class FakeProducts(Remembered):
    """Products of several tenants with what belongs to them, in memory."""

    def reset(self) -> None:
        super().reset()
        self.attributes: dict[str, list[CatalogueEntry]] = {"colors": []}  # the same for every tenant
        self.products: dict[TenantId, dict[int, Product]] = {}
        self.imports: dict[TenantId, int] = {}
        self.listings: dict[TenantId, list[ListingView]] = {}
        self.orders: dict[TenantId, list[OrderView]] = {}

    def create_product(self, tenant: TenantId, new: NewProduct) -> Product:
        self.answers()
        product = Product(
            id=next(self.ids),
            title=new.title,
            description=new.description,
            price=new.price,
            currency=new.currency,
            colors=new.colors,
        )
        self.products.setdefault(tenant, {})[product.id] = product
        return product

    def change_product(self, tenant: TenantId, product: int, changes: Mapping[str, Any], *, known: str = "") -> Product:
        del known
        changed = replace(self.find_product(tenant, product), **changes)
        self.products[tenant][product] = changed
        return changed

    def list_products(self, tenant: TenantId, _: ProductFilter, limit: int, cursor: str | None) -> Page[Product]:
        self.answers()
        before = int(cursor) if cursor else LARGEST_ID + 1
        found = [one for one in reversed(self.products.get(tenant, {}).values()) if one.id < before]
        page = found[:limit]
        return Page(tuple(page), str(page[-1].id) if len(found) > len(page) else None)

    def find_product(self, tenant: TenantId, product: int) -> Product:
        self.answers()
        try:
            return self.products[tenant][product]
        except KeyError:
            raise NotFound(f"There is no product {product}.") from None

    def delete_product(self, tenant: TenantId, product: int, *, ends_listings: bool) -> Sequence[JobId]:
        del ends_listings
        self.find_product(tenant, product)
        del self.products[tenant][product]
        return ()

    def list_product_listings(self, tenant: TenantId, product: int) -> Sequence[ProductListing]:
        self.find_product(tenant, product)
        return ()

    def find_photo(self, tenant: TenantId, product: int, position: int) -> Photo:
        self.find_product(tenant, product)
        if position > 1:
            raise NotFound(f"Product {product} has no photo {position}.")
        return Photo(PHOTO, "image/png")

    def list_photos(self, tenant: TenantId, product: int, *_: Any, **__: Any) -> ProductPhotos:
        self.find_product(tenant, product)
        return ProductPhotos(product, "0" * 24, (PhotoView(1, "abc", None),))

    add_photos = fetch_photos = order_photos = list_photos

    def delete_photo(self, tenant: TenantId, product: int, position: int, *, known: str = "") -> ProductPhotos:
        del known
        self.find_photo(tenant, product, position)
        return ProductPhotos(product, "0" * 24, ())

    def start_import(self, tenant: TenantId, *_: Any) -> ImportView:
        self.answers()
        self.imports[tenant] = next(self.ids)
        return self.find_import(tenant, self.imports[tenant])

    def find_import(self, tenant: TenantId, number: int) -> ImportView:
        self.answers()
        if self.imports.get(tenant) != number:
            raise NotFound(f"There is no import {number}.")
        return ImportView(number, ImportStatus.PENDING, 0, 0, 0, "", datetime.now(UTC), None, None)

    def list_rejections(self, tenant: TenantId, number: int, *_: Any) -> Page[Rejection]:
        self.find_import(tenant, number)
        return Page(())

    def preview_product(self, tenant: TenantId, product: int, marketplace: str) -> ProductPreview:
        self.find_product(tenant, product)
        return ProductPreview(marketplace, (), None, None, (), 0, {})

    def describe_product(self, tenant: TenantId, product: int, _: str) -> Description:
        self.find_product(tenant, product)
        return Description(WrittenText("A coat", "Warm."), is_new=True, credits_left=4)

    def list_attributes(self, catalogue: str, search: str, limit: int, cursor: str | None) -> Page[CatalogueEntry]:
        self.answers()
        if catalogue not in self.attributes:
            raise NotFound(f"There is no catalogue {catalogue}.")
        found = [entry for entry in self.attributes[catalogue] if entry.name.lower().startswith(search)]
        start = int(cursor or 0)
        page = tuple(found[start : start + limit])
        return Page(page, str(start + limit) if len(found) > start + limit else None)

    def list_listings(self, tenant: TenantId, wanted: ListingFilter) -> Page[ListingView]:
        self.answers()
        kept = [each for each in self.listings.get(tenant, []) if wanted.state in {None, each.state}]
        found = [each for each in kept if wanted.linked in {None, each.product_id is not None}]
        page = [each for each in found if each.external_id > (wanted.cursor or "")][: wanted.limit]
        return Page(tuple(page), page[-1].external_id if page and page[-1] is not found[-1] else None)

    def list_orders(self, tenant: TenantId, marketplace: str, limit: int, cursor: str | None) -> Page[OrderView]:
        self.answers()
        return Page(tuple(self.orders.get(tenant, [])[:limit]))
