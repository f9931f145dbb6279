"""A product is deleted: where it still is, and the mark that hides it from then on."""

from collections.abc import Sequence

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.ids import JobId, TenantId
from stoflow.storage.engine.facts import UNFINISHED
from stoflow.storage.engine.statement import bind, s

# Where buyers see it, and where something asked of it may show it yet.
PLACES = f"""
SELECT marketplace FROM {s}.listings WHERE product_id = %(product)s AND visible
UNION SELECT marketplace FROM {s}.marketplace_jobs WHERE product_id = %(product)s AND status IN {UNFINISHED}
ORDER BY marketplace
"""

WAITING = """
SELECT id FROM {s}.marketplace_jobs
WHERE product_id = %(product)s AND status = 'pending' AND NOT acted AND NOT cancel_requested ORDER BY id
"""

DELETE = "UPDATE {s}.products SET deleted_at = clock_timestamp() WHERE id = %(product)s"


def places_of(connection: Connection[DictRow], tenant: TenantId, product: int) -> Sequence[str]:
    """Return the marketplaces where the product is for sale, or where a job on it has not ended."""
    return [row["marketplace"] for row in bind(PLACES, tenant, product=product).on(connection)]


def waiting_jobs(connection: Connection[DictRow], tenant: TenantId, product: int) -> Sequence[JobId]:
    """Return the product's jobs of which nothing is visible and that do not run now."""
    return [JobId(row["id"]) for row in bind(WAITING, tenant, product=product).on(connection)]


def mark_deleted(connection: Connection[DictRow], tenant: TenantId, product: int) -> None:
    bind(DELETE, tenant, product=product).on(connection)
