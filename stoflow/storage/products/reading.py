"""Products as their owner reads them: one plain statement for one of them, a page, their ids or a photo's path.

None of SQLAlchemy is needed for it: rows of products are made for who changes them only.
"""

from collections.abc import Sequence
from typing import Any

from psycopg.rows import DictRow

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.product import Product, ProductImage, ProductListing
from stoflow.domain.product_filter import ProductFilter
from stoflow.storage.database.session import Records
from stoflow.storage.engine.statement import bind, s
from stoflow.storage.products.filtering import conditions_of

# As `product_of` reads a row: what is NULL in the database is empty text in the domain.
SHOWN = f"""
SELECT p.id, p.title, coalesce(p.description, '') AS description, p.price, p.currency, p.condition, p.colors,
  p.materials, p.stock_quantity AS quantity, p.metadata, coalesce(p.category, '') AS category,
  coalesce(p.brand, '') AS brand, coalesce(p.size, '') AS size, coalesce(p.gender, '') AS gender,
  coalesce(p.season, '') AS season, coalesce(p.fit, '') AS fit, coalesce(p.who_made, '') AS who_made,
  coalesce(p.when_made, '') AS when_made, coalesce(p.sku, '') AS sku, coalesce(p.external_id, '') AS external_id,
  (SELECT jsonb_agg(jsonb_build_array(i.position, i.path) ORDER BY i.position)
   FROM {s}.product_images i WHERE i.product_id = p.id) AS images
FROM {s}.products p
"""
ONE = SHOWN + "WHERE p.id = %(id)s AND p.deleted_at IS NULL"
PAGE = SHOWN + "WHERE {meant} AND (%(before)s::bigint IS NULL OR p.id < %(before)s) ORDER BY p.id DESC LIMIT %(limit)s"
IDS = f"SELECT p.id FROM {s}.products p WHERE {{meant}} ORDER BY p.id LIMIT %(limit)s"
PHOTO = f"""
SELECT i.path FROM {s}.products p JOIN {s}.product_images i ON i.product_id = p.id
WHERE p.id = %(id)s AND p.deleted_at IS NULL AND i.position = %(position)s
"""
# A product that is nowhere has a row too, of nothing.
LISTINGS = f"""
SELECT l.marketplace, l.external_id, l.visible, coalesce(l.url, '') AS url, l.updated_at
FROM {s}.products p LEFT JOIN {s}.listings l ON l.product_id = p.id AND l.external_id IS NOT NULL
WHERE p.id = %(id)s AND p.deleted_at IS NULL ORDER BY l.marketplace
"""


def read_product(connection: Records, tenant: TenantId, product: int) -> Product:
    """Return one product that was not deleted; raise NotFound."""
    row = bind(ONE, tenant, id=product).on(connection).fetchone()
    if row is None:
        raise _missing(product)
    return _product(row)


def read_page(
    connection: Records, tenant: TenantId, wanted: ProductFilter, *, before: int | None, limit: int
) -> Sequence[Product]:
    """Return the products that are meant, newest first: those stored before the product `before`, or the newest."""
    meant, values = conditions_of(wanted)
    asked = bind(PAGE.replace("{meant}", meant), tenant, before=before, limit=limit, **values)
    return [_product(row) for row in asked.on(connection)]


def matching_ids(connection: Records, tenant: TenantId, wanted: ProductFilter, *, limit: int) -> Sequence[int]:
    """Return the ids of up to `limit` products that are meant, oldest first."""
    meant, values = conditions_of(wanted)
    asked = bind(IDS.replace("{meant}", meant), tenant, limit=limit, **values)
    return [row["id"] for row in asked.on(connection)]


def read_listings(connection: Records, tenant: TenantId, product: int) -> Sequence[ProductListing]:
    """Return where a product that was not deleted is, or is being listed; raise NotFound."""
    rows = bind(LISTINGS, tenant, id=product).on(connection).fetchall()
    if not rows:
        raise _missing(product)
    return [ProductListing(**row) for row in rows if row["external_id"] is not None]


def read_photo_path(connection: Records, tenant: TenantId, product: int, position: int) -> str | None:
    """Return where a photo of a product that was not deleted lies."""
    row = bind(PHOTO, tenant, id=product, position=position).on(connection).fetchone()
    return row["path"] if row else None


def _missing(product: int) -> NotFound:
    return NotFound(f"There is no product {product}.")


def _product(row: DictRow) -> Product:
    read: dict[str, Any] = {
        **row,
        "colors": tuple(row["colors"]),
        "materials": tuple(row["materials"]),
        "images": tuple(ProductImage(position, path) for position, path in row["images"] or ()),
    }
    return Product(**read)
