"""Photos read from disk and, where they are too large for the way they go, made smaller: always the same way."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from stoflow.domain.attempt import Attempt
from stoflow.domain.product import ProductImage, SentPhoto
from stoflow.marketplaces.outputs import in_order, text_in

CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}
JPEG_QUALITIES = (85, 75, 65)
HOPELESS = 2  # less quality alone halves a photo at best
LONGEST_SIDES_PX = (1600, 1280, 1024, 800, 640, 480, 320)


class UnreadablePhoto(Exception):
    """The file is missing or holds no picture; the message is for the seller."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo ready to send; `fingerprint` is of the file as it is on disk."""

    content: bytes
    content_type: str
    filename: str
    fingerprint: str


def photo_path(attempt: Attempt, image: ProductImage) -> Path:
    """Return where the photo lies: below the media folder, unless its path is absolute."""
    return Path(attempt.media_root) / image.path


def kept_photo(attempt: Attempt, index: int) -> ProductImage:
    """Return the product's photo number `index` (from 1) if others may fetch it from StoFlow; raise UnreadablePhoto.

    It costs a look at the folder only.
    """
    image = _image(attempt, index)
    path = photo_path(attempt, image)
    if not path.is_file() or not path.resolve().is_relative_to(Path(attempt.media_root).resolve()):
        message = f"Photo {index} is not there any more."
        raise UnreadablePhoto(message)
    return image


def read_photo(attempt: Attempt, index: int, *, limit_bytes: int) -> Photo:
    """Return the product's photo number `index` (from 1), at most `limit_bytes` long; raise UnreadablePhoto."""
    image = _image(attempt, index)
    try:
        content = photo_path(attempt, image).read_bytes()
        content_type = _content_type(content)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        message = f"Photo {index} cannot be read."
        raise UnreadablePhoto(message) from error
    fingerprint = _fingerprint(content)
    if content_type not in EXTENSIONS or len(content) > limit_bytes:
        content, content_type = shrink(content, limit_bytes=limit_bytes), "image/jpeg"
    return Photo(content, content_type, f"photo-{index}.{EXTENSIONS[content_type]}", fingerprint)


def fingerprint_of(attempt: Attempt, index: int) -> str:
    """Return what tells the file of photo number `index` (from 1) from every other; raise UnreadablePhoto."""
    try:
        return _fingerprint(photo_path(attempt, _image(attempt, index)).read_bytes())
    except OSError as error:
        message = f"Photo {index} cannot be read."
        raise UnreadablePhoto(message) from error


def sent_photos(attempt: Attempt, name: str) -> tuple[SentPhoto, ...]:
    """Return the photos that this job's uploads stand for, in order; `name` is the output that names one there."""
    outputs = in_order(attempt, "upload")
    return tuple(SentPhoto(text_in(output, "fingerprint"), text_in(output, name)) for output in outputs)


def sent_before(attempt: Attempt, fingerprint: str) -> str:
    """Return what the marketplace calls a photo the listing has already, "" where it has none made from that file."""
    return next((photo.name for photo in attempt.listing_photos if photo.fingerprint == fingerprint), "")


def _fingerprint(content: bytes) -> str:
    return hashlib.blake2s(content, digest_size=16).hexdigest()


def _image(attempt: Attempt, index: int) -> ProductImage:
    images = attempt.product.images if attempt.product else ()
    if not 1 <= index <= len(images):
        message = f"The product has no photo {index}."
        raise UnreadablePhoto(message)
    return images[index - 1]


def _content_type(content: bytes) -> str:
    with Image.open(io.BytesIO(content)) as picture:
        return CONTENT_TYPES.get(picture.format or "", "")


def shrink(content: bytes, *, limit_bytes: int) -> bytes:
    """Return the picture as a JPEG of at most `limit_bytes`: less quality first, then fewer pixels.

    Deterministic: the same file gives the same bytes. Raise UnreadablePhoto where even the smallest is too large.
    """
    try:
        with Image.open(io.BytesIO(content)) as opened:
            opened.draft("RGB", (LONGEST_SIDES_PX[0], LONGEST_SIDES_PX[0]))  # decodes a large JPEG smaller
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, Image.DecompressionBombError) as error:
        message = "The photo is damaged."
        raise UnreadablePhoto(message) from error
    for side_px in LONGEST_SIDES_PX:
        if max(picture.size) > side_px:
            picture = ImageOps.contain(picture, (side_px, side_px))
        for quality in JPEG_QUALITIES:
            encoded = io.BytesIO()
            picture.save(encoded, "JPEG", quality=quality)
            if encoded.tell() <= limit_bytes:
                return encoded.getvalue()
            if encoded.tell() > limit_bytes * HOPELESS:
                break
    message = f"The photo cannot be made smaller than {limit_bytes} bytes."
    raise UnreadablePhoto(message)
