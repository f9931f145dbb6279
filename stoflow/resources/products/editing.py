"""What a seller does with products one by one: add, change, read."""

from collections.abc import Mapping
from typing import Any

from stoflow.domain.ids import TenantId
from stoflow.domain.page import Page
from stoflow.domain.product import NewProduct, Product
from stoflow.domain.product_filter import ProductFilter
from stoflow.resources.needs import ChangesProducts, Reads, ReadsPhotos
from stoflow.resources.products.media import Photo
from stoflow.resources.products.store import Products


def create_product(needs: Reads, tenant: TenantId, product: NewProduct) -> Product:
    return Products(needs.database).add(tenant, product)


def change_product(needs: ChangesProducts, tenant: TenantId, product: int, changes: Mapping[str, Any]) -> Product:
    """Change the named fields, and do what follows from the quantity; raise NotFound, InputError or Conflict."""
    after = Products(needs.database).change(tenant, product, changes)
    if needs.stock.follow(tenant):
        needs.announced()
    return after


def find_product(needs: Reads, tenant: TenantId, product: int) -> Product:
    return Products(needs.database).find(tenant, product)


def list_products(
    needs: Reads, tenant: TenantId, wanted: ProductFilter, limit: int, cursor: str | None
) -> Page[Product]:
    """Return the products that are meant and follow the cursor, newest first."""
    return Products(needs.database).page(tenant, limit, cursor, wanted)


def find_photo(needs: ReadsPhotos, tenant: TenantId, product: int, position: int) -> Photo:
    """Return a product's photo; raise NotFound."""
    return Products(needs.database).photo(needs.media, tenant, product, position)
