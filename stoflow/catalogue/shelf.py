"""Where products that were taken in are put: their tenant's schema, a batch to a transaction."""

from collections.abc import Sequence

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.storage.products import add_products
from stoflow.storage.session import Database
from stoflow.storage.tenants import standings_of


class Shelf:
    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self, tenant: TenantId) -> None:
        """Raise NotFound where there is no such tenant."""
        if tenant not in standings_of(self._database, [tenant]):
            raise NotFound(f"There is no tenant {tenant}.")

    def store(self, tenant: TenantId, batch: Sequence[NewProduct]) -> Sequence[int]:
        with self._database.tenant(tenant) as session:
            return add_products(session, batch)
