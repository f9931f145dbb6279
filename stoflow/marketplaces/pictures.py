"""Pictures opened within bounds: what a file is, and how large, is settled by its header before it is decoded."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from io import BytesIO
from threading import Lock
from typing import Any, cast

from PIL import ExifTags, Image, UnidentifiedImageError

from stoflow.marketplaces.signatures import description_of

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "HEIF", "AVIF", "BMP", "TIFF")
NAMES = {"MPO": "JPEG", "HEIF": "HEIC"}
DECODED_BYTES = 175_000_000
"""The most memory that decoding one picture may take: with the 115 MB of a worker it stays below 300."""
PIXEL_BYTES = {"JPEG": 1.0, "PNG": 5.0, "GIF": 5.0, "BMP": 5.0, "TIFF": 5.0, "HEIC": 7.1, "AVIF": 10.6, "WEBP": 16.2}
"""What decoding takes for each pixel, as measured: a JPEG is decoded smaller, each other one whole and then copied."""
COEFFICIENT_BYTES = 2.0
PNG_DEPTH_AT = 24  # the byte of its header
PLAIN_MODES = frozenset({"L", "RGB"})
TILE_WIDTH_TAG, TILE_LENGTH_TAG = 322, 323
DECODING = Lock()  # one picture at a time: the bound is of a process, not of each of its threads


class BadPicture(Exception):
    """The bytes are no picture that StoFlow takes; the message goes on after the name of the file."""


@contextmanager
def opened_picture(content: bytes) -> Generator[Image.Image]:
    """Open a picture whose header is within the bounds; no other is open in this process meanwhile.

    Raise BadPicture, also where the block finds out by decoding.
    """
    _prepare_pillow()
    with DECODING:
        try:
            with Image.open(BytesIO(content), formats=FORMATS) as image:
                _check_size(image)
                yield image
        except UnidentifiedImageError:
            raise BadPicture(description_of(content) if content else "is empty; copy or save it again") from None
        except MemoryError:
            raise BadPicture("takes more memory than there is; save it smaller") from None
        except (OSError, SyntaxError, ValueError, EOFError, RuntimeError, LookupError, TypeError) as error:
            raise BadPicture(_damage(error)) from error


def is_plain(image: Image.Image, content: bytes) -> bool:
    """Say whether these bytes show everywhere what they show here, and nothing beside it.

    That is: upright, opaque, 8 bits, grey or RGB, one frame, and no note on where the photo was taken.
    """
    if image.mode not in PLAIN_MODES or "transparency" in image.info or orientation_of(image) != 1:
        return False
    if _says_where(image):
        return False
    if image.format == "PNG":
        return content[PNG_DEPTH_AT] == 8 and not getattr(image, "is_animated", False)  # noqa: PLR2004
    return image.format == "JPEG"


def orientation_of(image: Image.Image) -> int:
    """Return how the camera was held, from 1 (upright) to 8; 1 where the notes in the file cannot be read."""
    try:
        held = Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)  # a PNG's own way decodes it first
    except (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError):
        return 1
    return held if held in range(1, 9) else 1


def _says_where(image: Image.Image) -> bool:
    """Say whether the notes in the file have a position: a seller's photos are taken at home."""
    notes = image.info.get("xmp", b"")
    if isinstance(notes, bytes) and b"GPSL" in notes:
        return True
    try:
        return bool(Image.Image.getexif(image).get_ifd(ExifTags.IFD.GPSInfo))
    except (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError):
        return True  # what cannot be read is not passed on


@cache
def _prepare_pillow() -> None:
    import_module("pillow_heif").register_heif_opener()  # only who decodes a photo pays for it
    Image.MAX_IMAGE_PIXELS = None  # ours are the stricter bounds, and refuse where Pillow's only warn


def _check_size(image: Image.Image) -> None:
    kind = NAMES.get(image.format or "", image.format or "")
    most = int(DECODED_BYTES / _pixel_bytes(image, kind))
    if max(image.width * image.height, _tile_pixels(image)) > most:
        raise BadPicture(
            f"is a picture of {image.width} x {image.height} pixels where at most {most // 1_000_000} million are "
            f"taken of a {kind} such as this; save it smaller"
        )


def _pixel_bytes(image: Image.Image, kind: str) -> float:
    if kind != "JPEG":
        return PIXEL_BYTES[kind]
    return PIXEL_BYTES[kind] + (COEFFICIENT_BYTES * _samples(image) if _comes_in_scans(image) else 0)


def _comes_in_scans(image: Image.Image) -> bool:
    """Say whether a JPEG has to be held whole before its first line is known, as progressive ones have."""
    layers: list[Any] = getattr(image, "layer", [])
    stream = cast("BytesIO", getattr(image, "fp"))  # noqa: B009 (only files have one)
    first_scan = stream.read(3)  # of the segment that Pillow stopped at: its length, and how many components it has
    return "progressive" in image.info or len(first_scan) < 3 or first_scan[2] < len(layers)  # noqa: PLR2004


def _samples(image: Image.Image) -> float:
    """Return how many numbers a JPEG holds for each pixel: 3 where no colour is left out, 1.5 as cameras do it."""
    layers: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
    widest = max((across * down for _, across, down, _ in layers), default=1)
    return sum(across * down for _, across, down, _ in layers) / max(1, widest)


def _tile_pixels(image: Image.Image) -> int:
    """Return how large the parts are that a TIFF is coded in: each is decoded whole, however small the picture."""
    tags: dict[int, int] = getattr(image, "tag_v2", {})
    return tags.get(TILE_WIDTH_TAG, 0) * tags.get(TILE_LENGTH_TAG, 0)


def _damage(error: Exception) -> str:
    if isinstance(error, EOFError) or "truncated" in str(error).lower():
        return "ends too early; copy or save it again"
    return "is damaged; copy or save it again"
