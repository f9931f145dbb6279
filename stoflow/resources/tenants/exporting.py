"""All that a tenant has, as one zip: a file of NDJSON for each table, and the photos."""

from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.resources.needs import ReadsPhotos
from stoflow.storage.tenants.export import snapshot_of
from stoflow.storage.tenants.listing import view_tenant

LEVEL: Final = 6


def write_export(needs: ReadsPhotos, tenant: TenantId, out: IO[bytes]) -> None:
    """Write the zip, a row and a photo at a time; raise NotFound."""
    if view_tenant(needs.database, tenant) is None:
        raise NotFound(f"There is no tenant {tenant}.")
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        with snapshot_of(needs.database, tenant) as tables:
            for name, rows in tables:
                with archive.open(f"{name}.ndjson", "w", force_zip64=True) as file:
                    for row in rows:
                        file.write(f"{row}\n".encode())
        for photo in needs.media.photos_of(tenant):
            archive.write(photo, f"photos/{photo.name}", ZIP_STORED)  # which are small already
