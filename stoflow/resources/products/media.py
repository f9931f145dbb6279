"""The photos' folder: every photo in it was looked at when it was taken in, and is named by what it holds."""

from dataclasses import dataclass
from hashlib import blake2s
from pathlib import Path
from typing import IO
from uuid import uuid4

from PIL import Image

from stoflow.domain.ids import TenantId
from stoflow.marketplaces.files import file_below
from stoflow.marketplaces.photos import presentable
from stoflow.marketplaces.pictures import FORMATS

FOLDER = "media"
ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png"}
CONTENT_TYPES = {
    ".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif",
}  # fmt: skip
"""By the ending of a file in the folder; earlier versions kept WEBP and GIF too."""
KEPT_BYTES = 9_000_000
"""What each marketplace takes without making it smaller, so that nothing is decoded when a photo is sent."""
DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo as it is kept: where, and of which media type."""

    file: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What is known of a kept photo without decoding it; its size in pixels None where its header does not tell."""

    content_type: str
    bytes: int
    width: int | None = None
    height: int | None = None


def media_folder(home: Path) -> "MediaFolder":
    """Return the photos' folder of an installation."""
    return MediaFolder(home / FOLDER)


class MediaFolder:
    """Files below `root`; what it returns is relative to it, so that the folder can move."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, tenant: TenantId, content: bytes) -> str:
        """Take a photo in and return its path, the same for the same photo; raise BadPicture where it is none."""
        known = f"{tenant}/{_digest(content)}"
        for ending in ENDINGS.values():
            if (self.root / f"{known}{ending}").is_file():
                return f"{known}{ending}"
        kept, content_type = presentable(content, limit_bytes=KEPT_BYTES, whole=True)
        path = f"{tenant}/{_digest(kept)}{ENDINGS[content_type]}"
        write_whole(self.root / path, kept)
        return path

    def find(self, path: str) -> Photo | None:
        """Return the photo at this path; None where nothing of ours is, wherever the path leads."""
        file = file_below(self.root, path)
        content_type = CONTENT_TYPES.get(file.suffix) if file else None
        return Photo(file, content_type) if file and content_type else None

    def describe(self, path: str) -> PhotoFacts | None:
        """Return what is known of the photo at this path; None where none is."""
        photo = self.find(path)
        if photo is None:
            return None
        with photo.file.open("rb") as opened:
            return PhotoFacts(photo.content_type, photo.file.stat().st_size, *size_of(opened))


def size_of(header: IO[bytes]) -> tuple[int, int] | tuple[None, None]:
    """Return the width and height of a picture by its header; it is not decoded."""
    try:
        with Image.open(header, formats=FORMATS) as image:
            return image.size
    except (OSError, SyntaxError, ValueError, LookupError, TypeError):
        return None, None


def write_whole(file: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, whoever looks; one that is there already stays."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{uuid4().hex}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return blake2s(content, digest_size=DIGEST_BYTES).hexdigest()
