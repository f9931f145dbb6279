"""The exports of sellers' tools, each imported twice: nothing is doubled, and what did not change is not touched."""

from pathlib import Path

import pytest

from stoflow.domain.ids import TenantId
from stoflow.resources.products.file import open_products
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.store import Products
from stoflow.storage.database.session import Database
from stoflow.storage.products.snapshots import list_products

EXPORTS = sorted((Path(__file__).parents[2] / "unit/products/exports").glob("*.csv"))


class NamedPhotos:
    """Takes every photo for good, under a path that its name makes."""

    def take(self, tenant: TenantId, name: str) -> str:
        return f"{tenant}/{name}"


@pytest.mark.parametrize("export", EXPORTS, ids=lambda path: path.stem)
def test_an_export_that_is_imported_twice_makes_each_product_once(
    database: Database, tenant: TenantId, export: Path
) -> None:
    def fates() -> tuple[int, ...]:
        file = open_products(export, mapping={})
        report = import_products(Products(database).put, [tenant], file.items, photos=NamedPhotos())
        return tuple(report.fates.values())

    created, *others = fates()
    assert created >= 10
    assert others == [0, 0]
    assert fates() == (0, 0, created)
    with database.tenant(tenant) as session:
        assert len(list_products(session, limit=100)) == created
