"""The photos of a file looked at as an import would look at them, and not kept."""

from pathlib import Path

from stoflow.domain.ids import TenantId
from stoflow.marketplaces.photos import presentable
from stoflow.resources.products.media import KEPT_BYTES, MediaFolder
from stoflow.resources.products.photo_source import PhotoSource

AT_AN_ADDRESS = b"fetched by an import only"


class UnkeptPhotos(MediaFolder):
    """Refuses what the photos' folder refuses, and holds nothing."""

    def keep(self, tenant: TenantId, content: bytes) -> str:  # noqa: ARG002  the folder's own signature
        """Return no path; raise BadPicture where it is no photo."""
        if content is not AT_AN_ADDRESS:
            presentable(content, limit_bytes=KEPT_BYTES, whole=True)
        return ""


def photo_check(folder: Path) -> PhotoSource:
    """Return what takes the photos of a file in this folder, and leaves addresses for the import."""
    return PhotoSource(folder, UnkeptPhotos(folder), fetch=lambda _: AT_AN_ADDRESS)
