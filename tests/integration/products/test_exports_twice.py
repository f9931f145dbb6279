"""The exports of sellers' tools, each imported twice: nothing is doubled, and what did not change is not touched."""

from pathlib import Path

import pytest

from stoflow.domain.ids import TenantId
from stoflow.resources.products.file import open_products
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.store import Products
from stoflow.storage.database.session import Database
from stoflow.storage.engine.statement import bind
from stoflow.storage.products.snapshots import list_products
from stoflow.storage.tenants.export import snapshot_of

EXPORTS = sorted((Path(__file__).parents[2] / "unit/products/exports").glob("*.csv"))


class NamedPhotos:
    """Takes every photo for good, under a path that its name makes."""

    def take(self, tenant: TenantId, name: str) -> str:
        return f"{tenant}/{name}"


def test_what_stoflow_itself_exported_changes_nothing_and_brings_nothing_back_that_was_deleted(
    database: Database, tenant: TenantId, tmp_path: Path
) -> None:
    def fates(path: Path) -> tuple[int, ...]:
        file = open_products(path, mapping={})
        return tuple(import_products(Products(database).put, [tenant], file.items, photos=NamedPhotos()).fates.values())

    given, exported = tmp_path / "given.csv", tmp_path / "products.ndjson"
    given.write_text("title,price,sku,colors,size\nCoat,49.00 EUR,K1,Grey,M\nHat,5.00 EUR,K2,,\nBag,9.00 USD,K3,,\n")
    assert fates(given) == (3, 0, 0)
    with database.records() as connection:
        bind("UPDATE {s}.products SET deleted_at = clock_timestamp() WHERE sku = 'K2'", tenant).on(connection)
    with snapshot_of(database, tenant) as tables:
        rows = next(list(rows) for name, rows in tables if name == "products")
    exported.write_text("\n".join(rows))
    assert fates(exported) == (0, 0, 2)


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
