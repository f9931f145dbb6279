"""The photos of one product: added from files or addresses, put in order, taken away."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from time import monotonic
from typing import Final, Protocol

from stoflow.domain.errors import Conflict, InputError, NotFound
from stoflow.domain.files import GivenFile
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import FieldError
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.photos import MAX_PHOTO_BYTES
from stoflow.marketplaces.pictures import BadPicture
from stoflow.resources.needs import ReadsPhotos
from stoflow.resources.products.editing import check_version, find_product, version_of
from stoflow.resources.products.media import PhotoFacts
from stoflow.resources.products.photo_source import Fetch, RefusedPhoto
from stoflow.resources.products.stored import products_in
from stoflow.transports.direct.photos import NotFetched

MOST_PHOTOS: Final = 50
FETCHING_S: Final = 60.0  # for all addresses of one request: somebody waits for the answer


class ChangesPhotos(ReadsPhotos, Protocol):
    """… and what fetches photos from addresses, closed at the end of a `with`."""

    @property
    def fetching(self) -> Callable[[], AbstractContextManager[Fetch]]: ...


@dataclass(frozen=True, slots=True)
class PhotoView:
    """One photo of a product; `facts` are None where its file is gone."""

    position: int
    digest: str
    facts: PhotoFacts | None


@dataclass(frozen=True, slots=True)
class ProductPhotos:
    """All photos of a product in their order, and its version with them."""

    product: int
    version: str
    photos: tuple[PhotoView, ...]


def list_photos(needs: ReadsPhotos, tenant: TenantId, product: int) -> ProductPhotos:
    """Return the photos of a product; raise NotFound."""
    return _photos_of(needs, find_product(needs, tenant, product))


def add_photos(
    needs: ReadsPhotos, tenant: TenantId, product: int, files: Sequence[GivenFile], *, known: str = ""
) -> ProductPhotos:
    """Add photos behind those that are there; one that is there already is not added again.

    Raise InputError naming each file that is no photo, and add none then; NotFound, Changed as a change of a product.
    """
    reads = {f"files.{place}": (file.name, partial(_content, file)) for place, file in enumerate(files)}
    return _add(needs, tenant, product, reads, known)


def fetch_photos(
    needs: ChangesPhotos, tenant: TenantId, product: int, addresses: Sequence[str], *, known: str = ""
) -> ProductPhotos:
    """Add the photos that are at these addresses, as `add_photos` does."""
    with needs.fetching() as fetch:
        fetched = partial(_fetched, fetch, monotonic() + FETCHING_S)
        reads = {f"urls.{place}": (each, partial(fetched, each)) for place, each in enumerate(addresses)}
        return _add(needs, tenant, product, reads, known)


def order_photos(
    needs: ReadsPhotos, tenant: TenantId, product: int, order: Sequence[int | str], *, known: str = ""
) -> ProductPhotos:
    """Put the photos, each named once by its position or digest, in this order; raise InputError, NotFound, Changed."""

    def change(before: Product) -> Iterable[str]:
        check_version(before, known)
        paths = {image.position: image.path for image in before.images}
        by_digest = {digest_of(path): path for path in paths.values()}
        named = [paths.get(each) if isinstance(each, int) else by_digest.get(each) for each in order]
        found = [path for path in named if path is not None]
        if len(found) < len(named) or sorted(found) != sorted(paths.values()):
            raise InputError("The order is not right.", (FieldError("order", _all_of(before)),))
        return found

    return _change(needs, tenant, product, change)


def delete_photo(
    needs: ReadsPhotos, tenant: TenantId, product: int, position: int, *, known: str = ""
) -> ProductPhotos:
    """Take one photo away, and close the gap; raise NotFound, Changed."""

    def change(before: Product) -> Iterable[str]:
        check_version(before, known)
        kept = [image.path for image in before.images if image.position != position]
        if len(kept) == len(before.images):
            raise NotFound(f"Product {product} has no photo {position}.")
        return kept

    return _change(needs, tenant, product, change)


def digest_of(path: str) -> str:
    """Return what the photo is known by: a photo that is kept is named by it."""
    return PurePath(path).stem


Reads = Mapping[str, tuple[str, Callable[[], bytes]]]
"""By the field that gives it: the name of a photo, and how its bytes are had."""


def _add(needs: ReadsPhotos, tenant: TenantId, product: int, reads: Reads, known: str) -> ProductPhotos:
    check_version(find_product(needs, tenant, product), known)  # before anything is looked at
    kept = _kept(needs, tenant, reads)

    def change(before: Product) -> Iterable[str]:
        check_version(before, known)
        paths = dict.fromkeys([*(image.path for image in before.images), *kept])
        if len(paths) > max(MOST_PHOTOS, len(before.images)):
            message = f"A product has at most {MOST_PHOTOS} photos, and this one would have {len(paths)}."
            raise Conflict(message)
        return paths

    return _change(needs, tenant, product, change)


def _kept(needs: ReadsPhotos, tenant: TenantId, reads: Reads) -> Sequence[str]:
    """Take in all photos and return their paths; raise InputError naming each that cannot be."""
    paths, errors = list[str](), list[FieldError]()
    for field, (name, read) in reads.items():
        try:
            paths.append(needs.media.keep(tenant, read()))
        except (BadPicture, NotFetched) as error:
            errors.append(FieldError(field, str(RefusedPhoto(name, str(error)))))
    if errors:
        raise InputError("No photo was added: " + " ".join(each.message for each in errors), tuple(errors))
    return paths


def _change(
    needs: ReadsPhotos, tenant: TenantId, product: int, change: Callable[[Product], Iterable[str]]
) -> ProductPhotos:
    def numbered(before: Product) -> tuple[ProductImage, ...]:
        return tuple(ProductImage(place, path) for place, path in enumerate(change(before), start=1))

    return _photos_of(needs, products_in(needs.database).change_photos(tenant, product, numbered))


def _photos_of(needs: ReadsPhotos, product: Product) -> ProductPhotos:
    photos = [
        PhotoView(image.position, digest_of(image.path), needs.media.describe(image.path)) for image in product.images
    ]
    return ProductPhotos(product.id, version_of(product), tuple(photos))


def _content(file: GivenFile) -> bytes:
    content = file.content.read(MAX_PHOTO_BYTES + 1)
    if len(content) > MAX_PHOTO_BYTES:
        raise BadPicture(f"is longer than {MAX_PHOTO_BYTES // 1024**2} MiB; save it smaller")
    return content


def _fetched(fetch: Fetch, ends_at: float, address: str) -> bytes:
    if monotonic() > ends_at:
        raise NotFetched("is not fetched, since those before it took too long; give fewer at a time")
    return fetch(address)


def _all_of(product: Product) -> str:
    """Say what an order must name."""
    count = len(product.images)
    return f"Name each photo once, by its position (1 to {count}) or digest." if count else "There is no photo."
