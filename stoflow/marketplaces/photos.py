"""Photos read from disk, and made what every marketplace shows as the seller sees it: always the same way."""

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageOps

from stoflow.domain.attempt import Attempt
from stoflow.domain.product import ProductImage, SentPhoto
from stoflow.marketplaces.files import file_below
from stoflow.marketplaces.flattening import decode_small, flattened
from stoflow.marketplaces.outputs import in_order, text_in
from stoflow.marketplaces.pictures import BadPicture, is_plain, opened_picture

CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png"}
MAX_PHOTO_BYTES = 30 * 1024 * 1024
JPEG_QUALITIES = (92, 85, 75, 65)
HOPELESS = 2  # less quality alone halves a photo at best
LONGEST_SIDES_PX = (4096, 3200, 2400, 1600, 1280, 1024, 800, 640, 480, 320)


class UnreadablePhoto(Exception):
    """The file is missing or holds no picture; the message is for the seller."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo ready to send; `fingerprint` is of the file as it is on disk."""

    content: bytes = field(repr=False)
    content_type: str
    filename: str
    fingerprint: str


def find_photo(attempt: Attempt, image: ProductImage) -> Path | None:
    """Return the file of a photo, which lies below the media folder; None where none does.

    Raise PhotosUnavailable where it is kept elsewhere, and cannot be had now.
    """
    root = Path(attempt.media_root)
    file = file_below(root, image.path)
    if file is None and attempt.photos is not None:
        attempt.photos.bring(image.path)
        file = file_below(root, image.path)
    return file


def has_photo(attempt: Attempt, image: ProductImage) -> bool:
    """Say whether the photo is kept, without having it brought from elsewhere."""
    if attempt.photos is not None and attempt.photos.has(image.path):
        return True
    return file_below(Path(attempt.media_root), image.path) is not None


def kept_photo(attempt: Attempt, index: int) -> ProductImage:
    """Return the product's photo number `index` (from 1) if others may fetch it from StoFlow; raise UnreadablePhoto.

    It costs a look at the folder only.
    """
    image = _image(attempt, index)
    _file(attempt, index)
    return image


def read_photo(attempt: Attempt, index: int, *, limit_bytes: int) -> Photo:
    """Return the product's photo number `index` (from 1), at most `limit_bytes` long; raise UnreadablePhoto."""
    content = _read(attempt, index)
    try:
        sent, content_type = presentable(content, limit_bytes=limit_bytes)
    except BadPicture as error:
        message = f"Photo {index} {error}."
        raise UnreadablePhoto(message) from error
    return Photo(sent, content_type, f"photo-{index}.{EXTENSIONS[content_type]}", _fingerprint(content))


def fingerprint_of(attempt: Attempt, index: int) -> str:
    """Return what tells the file of photo number `index` (from 1) from every other; raise UnreadablePhoto."""
    return _fingerprint(_read(attempt, index))


def sent_photos(attempt: Attempt, name: str) -> tuple[SentPhoto, ...]:
    """Return the photos that this job's uploads stand for, in order; `name` is the output that names one there."""
    outputs = in_order(attempt, "upload")
    return tuple(SentPhoto(text_in(output, "fingerprint"), text_in(output, name)) for output in outputs)


def sent_before(attempt: Attempt, fingerprint: str) -> str:
    """Return what the marketplace calls a photo the listing has already, "" where it has none made from that file."""
    return next((photo.name for photo in attempt.listing_photos if photo.fingerprint == fingerprint), "")


def presentable(content: bytes, *, limit_bytes: int, whole: bool = False) -> tuple[bytes, str]:
    """Return the picture as every marketplace takes it, at most `limit_bytes` long, and its media type.

    These are the same bytes where they are a JPEG or PNG that looks the same everywhere; `whole` makes sure of
    each of them, where nobody has before. Raise BadPicture.
    """
    with opened_picture(content) as image:
        if whole and image.format == "PNG":
            image.load()  # notes on how the camera was held may stand behind the picture
        if len(content) <= limit_bytes and is_plain(image, content):
            if whole:
                decode_small(image)
            return content, CONTENT_TYPES[image.format or ""]
        picture = flattened(image, content)
    return _encoded(picture, limit_bytes), CONTENT_TYPES["JPEG"]


def shrink(content: bytes, *, limit_bytes: int) -> bytes:
    """Return the picture as a JPEG of at most `limit_bytes`: less quality first, then fewer pixels.

    Deterministic: the same file gives the same bytes. Raise UnreadablePhoto where even the smallest is too large.
    """
    try:
        with opened_picture(content) as image:
            picture = flattened(image, content)
        return _encoded(picture, limit_bytes)
    except BadPicture as error:
        message = f"The photo {error}."
        raise UnreadablePhoto(message) from error


def _encoded(picture: Image.Image, limit_bytes: int) -> bytes:
    profile = picture.info.get("icc_profile")
    for side_px in LONGEST_SIDES_PX:
        if max(picture.size) > side_px:
            picture = ImageOps.contain(picture, (side_px, side_px))
        for quality in JPEG_QUALITIES:
            encoded = io.BytesIO()
            picture.save(encoded, "JPEG", quality=quality, subsampling=0, icc_profile=profile)
            if encoded.tell() <= limit_bytes:
                return encoded.getvalue()
            if encoded.tell() > limit_bytes * HOPELESS:
                break
    raise BadPicture(f"cannot be made smaller than {limit_bytes} bytes")


def _read(attempt: Attempt, index: int) -> bytes:
    file = _file(attempt, index)
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_PHOTO_BYTES + 1)
    except OSError as error:
        message = f"Photo {index} cannot be read."
        raise UnreadablePhoto(message) from error
    if len(content) > MAX_PHOTO_BYTES:
        message = f"Photo {index} is longer than {MAX_PHOTO_BYTES // 1024**2} MiB."
        raise UnreadablePhoto(message)
    return content


def _file(attempt: Attempt, index: int) -> Path:
    file = find_photo(attempt, _image(attempt, index))
    if file is None:
        message = f"Photo {index} is not there any more."
        raise UnreadablePhoto(message)
    return file


def _fingerprint(content: bytes) -> str:
    return hashlib.blake2s(content, digest_size=16).hexdigest()


def _image(attempt: Attempt, index: int) -> ProductImage:
    images = attempt.product.images if attempt.product else ()
    if not 1 <= index <= len(images):
        message = f"The product has no photo {index}."
        raise UnreadablePhoto(message)
    return images[index - 1]
