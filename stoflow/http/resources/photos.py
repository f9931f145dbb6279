"""A product's photos over HTTP."""

from collections.abc import Mapping
from typing import Final

from stoflow.http.context import Context
from stoflow.http.resources.photo_bodies import (
    MOST_FILES,
    PhotoAddressesBody,
    PhotoBody,
    PhotoOrderBody,
    PhotosBody,
)
from stoflow.http.resources.products import IF_MATCH, entity_tag, known_version
from stoflow.http.rest.body_limit import MIB
from stoflow.http.rest.endpoint import Answer, Asked, FileAnswer, Operation
from stoflow.http.rest.uploads import Upload, Uploaded
from stoflow.resources.products import editing, photos
from stoflow.resources.products.media import CONTENT_TYPES
from stoflow.resources.products.photos import ProductPhotos

PHOTO_TYPES: Final = tuple(CONTENT_TYPES.values())
PHOTO_HEADERS: Final[Mapping[str, str]] = {"Cache-Control": "private, no-cache"}  # another photo may come to its place
UPLOAD_BYTES: Final = 100 * MIB


def list_photos(context: Context, asked: Asked) -> Answer:
    """A product has few photos, so they are one page."""
    return _answer(photos.list_photos(context, asked.tenant, asked.id()))


def add_photos(context: Context, asked: Asked) -> Answer:
    known = known_version(asked)
    if isinstance(asked.body, Uploaded):
        added = photos.add_photos(context, asked.tenant, asked.id(), asked.body.files, known=known)
    else:
        added = photos.fetch_photos(context, asked.tenant, asked.id(), asked.body.urls, known=known)
    return _answer(added, Location=f"/api/products/{asked.id()}/photos")


def order_photos(context: Context, asked: Asked) -> Answer:
    known = known_version(asked)
    return _answer(photos.order_photos(context, asked.tenant, asked.id(), asked.body.order, known=known))


def delete_photo(context: Context, asked: Asked) -> Answer:
    position, known = asked.number("position"), known_version(asked)
    return _answer(photos.delete_photo(context, asked.tenant, asked.id(), position, known=known))


def read_photo(context: Context, asked: Asked) -> FileAnswer:
    photo = editing.find_photo(context, asked.tenant, asked.id(), asked.number("position"))
    return FileAnswer(photo.file, photo.content_type, PHOTO_HEADERS)


def _answer(found: ProductPhotos, **headers: str) -> Answer:
    items = [PhotoBody.of_product(found.product, photo) for photo in found.photos]
    return Answer(PhotosBody(items=items, next_cursor=None), {**entity_tag(found.version), **headers})


OPERATIONS: Final = (
    Operation(
        "GET", "/api/products/{id}/photos", "listPhotos", "List the photos of a product, in their order.",
        list_photos, PhotosBody, problems=(404, 422),
    ),
    Operation(
        "POST", "/api/products/{id}/photos", "addPhotos",
        "Add photos behind those that are there: files (JPEG, PNG, GIF, WEBP, HEIC, AVIF, BMP or TIFF, up to 30 MiB "
        "each), or addresses to fetch them from. One that is no photo is named, and none is added then; one that the "
        "product has already is not added again. Its listings stay as they are until you ask for a job `update`.",
        add_photos, PhotosBody, 201, body=PhotoAddressesBody, upload=Upload("files", MOST_FILES), heavy=True,
        body_bytes=UPLOAD_BYTES, headers=IF_MATCH, problems=(400, 404, 408, 409, 412, 413, 415, 422, 429),
    ),
    Operation(
        "PUT", "/api/products/{id}/photos", "orderPhotos",
        "Put the photos of a product in another order. Its listings stay as they are until you ask for a job `update`.",
        order_photos, PhotosBody, body=PhotoOrderBody, headers=IF_MATCH,
        problems=(400, 404, 408, 412, 413, 415, 422),
    ),
    Operation(
        "GET", "/api/products/{id}/photos/{position}", "readPhoto", "Read one photo of a product, as it was given.",
        read_photo, PHOTO_TYPES, problems=(404, 422),
    ),
    Operation(
        "DELETE", "/api/products/{id}/photos/{position}", "deletePhoto",
        "Take one photo of a product away; those behind it move up, so send `If-Match` with what you saw. Its listings "
        "stay as they are until you ask for a job `update`.",
        delete_photo, PhotosBody, headers=IF_MATCH, problems=(404, 412, 422),
    ),
)  # fmt: skip
