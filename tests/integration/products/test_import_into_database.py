"""Products of a file, dealt to two sellers of a real database."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.resources.products.file import read_products
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.media import MediaFolder
from stoflow.resources.products.photo_source import PhotoSource
from stoflow.resources.products.store import Products
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import check_tenant
from stoflow.storage.products.snapshots import list_products

ROWS = 501  # more than two batches


def test_a_file_is_dealt_in_batches_and_what_comes_back_is_what_was_read(
    database: Database, tmp_path: Path, tenants: Callable[[], TenantId]
):
    file = tmp_path / "a.csv"
    rows = "".join(f'{number},"Naïve 🧥 {number}",{number}.5 €\n' for number in range(1, ROWS + 1))
    file.write_text(f"id,titre,prix\n{rows}bad,,5\n", "utf-8")
    anna, ben = tenants(), tenants()
    photos = PhotoSource(tmp_path, MediaFolder(tmp_path / "media"))
    items = read_products(file, mapping={})
    report = import_products(Products(database).put, [anna, ben], items, photos=photos)
    assert (report.imported, report.rejected_rows) == (ROWS, 1)
    with database.tenant(anna) as session:
        stored = list_products(session, limit=ROWS)[::-1]
    assert [product.id for product in stored] == report.products[anna]
    assert [product.title for product in stored] == [f"Naïve 🧥 {number}" for number in range(1, ROWS + 1, 2)]
    assert str(stored[0].price) == "1.50"
    assert not any(product.images for product in stored)
    assert not (tmp_path / "media").exists()
    assert len(report.products[ben]) == ROWS // 2


def test_a_tenant_nobody_made_is_named(database: Database):
    with pytest.raises(NotFound, match="There is no tenant 7"):
        check_tenant(database, TenantId(7))
