"""The products of a file taken in as an import would do it, but for keeping anything of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from stoflow.domain.product import GivenProduct, NotStored, Product
from stoflow.resources.products.file import ProductFile, ReadProduct
from stoflow.resources.products.files.rows import RejectedRow
from stoflow.resources.products.import_report import ImportReport, Lines
from stoflow.resources.products.importing import BATCH_PRODUCTS
from stoflow.resources.products.photo_check import photo_check
from stoflow.resources.products.photo_source import ADDRESS, PhotoSource, RefusedPhoto, with_photos
from stoflow.resources.products.readiness import NOBODY, product_of
from stoflow.storage.products.file_keys import FileKeys

LookUp = Callable[[Sequence[GivenProduct], Mapping[int, int]], Sequence[int | NotStored | None]]
"""Which of a seller's products each would change, None for a new one; given before: a product's id, and its line."""


def knows_none(batch: Sequence[GivenProduct], _before: Mapping[int, int]) -> Sequence[None]:
    return [None] * len(batch)


@dataclass(slots=True)
class FileProducts:
    """The products of a file, in `found` what an import would leave out, in `known` those the seller has already.

    What is left out for a photo alone is among them: whether marketplaces would take the rest of it is worth knowing.
    """

    path: Path
    file: ProductFile
    look_up: LookUp = knows_none
    found: ImportReport = field(init=False)
    photos_at_addresses: int = 0
    known: Lines = field(default_factory=Lines)
    _photos: PhotoSource = field(init=False)

    def __post_init__(self) -> None:
        self.found, self._photos = ImportReport(self.file.mapping), photo_check(self.path.parent)

    def __iter__(self) -> Iterator[Product]:
        items, numbers = iter(self.file.items), count(1)
        with FileKeys() as keys:
            while batch := list(islice(items, BATCH_PRODUCTS)):
                for item in self._would_be_read(batch, keys):
                    yield product_of(next(numbers), item.product, self.path)

    def _would_be_read(self, batch: Iterable[ReadProduct | RejectedRow], keys: FileKeys) -> Iterable[ReadProduct]:
        """Return the products of a batch, without those whose keys name none or another line's."""
        found = dict(enumerate(self._products(batch)))
        pictured = {place: item for place, item in found.items() if self._takes_photos(item)}
        given = [GivenProduct(item.product, item.named, item.line) for item in pictured.values()]
        answers = self.look_up(given, self.known)
        for (place, item), answer in zip(pictured.items(), answers, strict=True):
            refused = answer if isinstance(answer, NotStored) else keys.take(item.product, item.line)
            if refused:
                self.found.leave_out(item, refused)
                del found[place]
            elif isinstance(answer, int):
                self.known[answer] = item.line
            else:
                self.found.count_new(item)
        return found.values()

    def _products(self, batch: Iterable[ReadProduct | RejectedRow]) -> Iterator[ReadProduct]:
        for item in batch:
            if isinstance(item, RejectedRow):
                self.found.reject(item)
            else:
                yield item

    def _takes_photos(self, item: ReadProduct) -> bool:
        try:
            with_photos(self._photos, NOBODY, item.product)
        except RefusedPhoto as refused:
            self.found.refuse(item, refused)
            return False
        self.photos_at_addresses += sum(bool(ADDRESS.match(image.path)) for image in item.product.images)
        return True
