"""Photos drawn for the demo: for its own catalogue, and, where that is asked for, in place of those a file lacks."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from stoflow.domain.ids import TenantId
from stoflow.domain.product import ProductImage
from stoflow.resources.products.file import ReadProduct
from stoflow.resources.products.files.rows import RejectedRow
from stoflow.resources.products.media import MediaFolder, write_whole
from stoflow.resources.products.photo_source import PhotoSource, RefusedPhoto
from stoflow_sandbox.demo.drawing import INKS, SHAPES, Subject, draw

FOLDER = "drawn"
PLACEHOLDERS = 32  # so that thousands of missing photos cost no time
PLACEHOLDER_CAPTION = "The photo was not in the file"


def drawn(media: MediaFolder, subject: Subject) -> Path:
    """Return the file that shows the subject, drawing it the first time it is asked for."""
    path = media.root / FOLDER / f"{zlib.crc32(subject.seed.encode()):08x}-{subject.view}.jpg"
    if not path.exists():
        write_whole(path, draw(subject))
    return path


@dataclass(slots=True)
class PlaceholderPhotos:
    """The photos of a source, and a drawing for each that it refuses; `drawings` counts them."""

    source: PhotoSource
    media: MediaFolder
    drawings: list[str] = field(default_factory=list[str])

    def take(self, tenant: TenantId, name: str) -> str:
        try:
            return self.source.take(tenant, name)
        except RefusedPhoto:
            self.drawings.append(name)
            return self.source.media.keep(tenant, drawn(self.media, _placeholder(name)).read_bytes())


def with_a_photo(items: Iterable[ReadProduct | RejectedRow]) -> Iterator[ReadProduct | RejectedRow]:
    """Yield the items, each product with a photo to be drawn where its file names none."""
    for item in items:
        if isinstance(item, RejectedRow) or item.product.images:
            yield item
        else:
            yield replace(item, product=replace(item.product, images=(ProductImage(1, ""),)))


def _placeholder(name: str) -> Subject:
    number = zlib.crc32(name.encode()) % PLACEHOLDERS
    shape, ink = tuple(SHAPES)[number % len(SHAPES)], tuple(INKS)[number % len(INKS)]
    return Subject(shape, ink, PLACEHOLDER_CAPTION, number + 1)
