"""Listings that a sync saw, linked to the seller's own products by the keys that both have."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import TenantId
from stoflow.storage.engine.facts import UNFINISHED
from stoflow.storage.engine.statement import bind, s

# A file that a marketplace wrote names its listings by their own ids; every other key is a SKU.
OFFERED = """
  SELECT r.marketplace, r.external_id, p.id AS product_id FROM {s}.remote_listings r
  JOIN {s}.products p ON p.sku = r.sku AND p.deleted_at IS NULL
  WHERE r.sku <> '' AND r.state IN ('for_sale', 'hidden')
  UNION
  SELECT r.marketplace, r.external_id, p.id FROM {s}.remote_listings r
  JOIN {s}.products p ON p.external_id = r.external_id AND p.deleted_at IS NULL
  WHERE r.marketplace = %(names)s AND r.state IN ('for_sale', 'hidden')
"""

# Whoever submits a job on one of the products waits, so that no publish begins beside the link.
LOCK = f"""
SELECT p.id FROM {s}.products p WHERE p.id IN (
  SELECT o.product_id FROM ({OFFERED}) AS o JOIN {s}.remote_listings r USING (marketplace, external_id)
  WHERE r.product_id IS NULL)
ORDER BY p.id FOR NO KEY UPDATE OF p
"""

LINK = f"""
WITH offered AS MATERIALIZED ({OFFERED}), open AS MATERIALIZED (
  SELECT o.*, r.url, r.quantity, CASE
    WHEN count(*) OVER (PARTITION BY o.marketplace, o.product_id) > 1 THEN 'several listings'
    WHEN count(*) OVER (PARTITION BY o.marketplace, o.external_id) > 1 THEN 'several products'
    WHEN EXISTS (SELECT FROM {s}.listings l WHERE l.marketplace = o.marketplace
      AND (l.external_id = o.external_id OR (l.product_id = o.product_id AND l.external_id IS NOT NULL)))
      THEN 'another listing'
    WHEN EXISTS (SELECT FROM {s}.marketplace_jobs b WHERE b.product_id = o.product_id
      AND b.marketplace = o.marketplace AND b.status IN {UNFINISHED}) THEN 'a job'
    END AS obstacle, r.product_id IS NULL AND r.state = 'for_sale' AS is_wanted
  FROM offered o JOIN {s}.remote_listings r USING (marketplace, external_id)
), linked AS (
  INSERT INTO {s}.listings AS l (product_id, marketplace, external_id, visible, url, quantity)
  SELECT product_id, marketplace, external_id, true, url, quantity FROM open WHERE is_wanted AND obstacle IS NULL
  ON CONFLICT (product_id, marketplace) DO UPDATE
    SET external_id = EXCLUDED.external_id, visible = true, url = EXCLUDED.url, quantity = EXCLUDED.quantity,
        updated_at = clock_timestamp()
    WHERE l.external_id IS NULL
  RETURNING product_id, marketplace, external_id
), remote AS (
  UPDATE {s}.remote_listings r SET product_id = linked.product_id
  FROM linked WHERE r.marketplace = linked.marketplace AND r.external_id = linked.external_id
)
SELECT marketplace, external_id, product_id, obstacle FROM open WHERE is_wanted
ORDER BY marketplace, product_id, external_id
"""


OBSTACLES = {
    "several listings": "Product {product} has the key of more than one listing on {marketplace}; {listing} is one.",
    "several products": "More than one product has a key of listing {listing} on {marketplace}; {product} is one.",
    "another listing": "Product {product} has another listing on {marketplace} than {listing}, or that is another's.",
    "a job": "A job is at product {product} on {marketplace}; the next sync links it to listing {listing}.",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A listing and the product that has its key; `obstacle` says why the two were not linked, "" where they were."""

    marketplace: str
    listing: str
    product: int
    obstacle: str

    @property
    def sentence(self) -> str:
        """Say why the two were left as they are."""
        return OBSTACLES[self.obstacle].format(**asdict(self))


def link_listings(connection: Connection[DictRow], tenant: TenantId, *, names: str = "") -> Sequence[Link]:
    """Link each listing for sale that is nobody's to the one product with its SKU, and return what was looked at.

    `names` is the marketplace whose own listing ids the products' external ids are. What could be meant in two ways,
    and a product that a job is at, is left as it is.
    """
    bind(LOCK, tenant, names=names).on(connection)
    rows = bind(LINK, tenant, names=names).on(connection).fetchall()
    return [Link(row["marketplace"], row["external_id"], row["product_id"], row["obstacle"] or "") for row in rows]
