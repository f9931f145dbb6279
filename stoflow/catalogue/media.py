"""The photos' folder: every product gets files of its own, whether its photos came, or are drawn."""

import os
import shutil
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from uuid import uuid4

from PIL import Image, UnidentifiedImageError

from stoflow.catalogue.drawing import INKS, SHAPES, Subject, draw
from stoflow.domain.ids import TenantId

FOLDER = "media"
ENDINGS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif"}
CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}
MAX_PHOTO_BYTES = 30 * 1024 * 1024
PLACEHOLDERS = 32  # drawn once and shared by links, so that thousands of missing photos cost no disk
PLACEHOLDER_CAPTION = "The photo was not in the file"


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo as it is kept."""

    content: bytes = field(repr=False)
    content_type: str


def media_folder(home: Path) -> "MediaFolder":
    """Return the photos' folder of an installation."""
    return MediaFolder(home / FOLDER)


class MediaFolder:
    """Files below `root`; what it returns is relative to it, so that the folder can move."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, tenant: TenantId, photo: Path) -> str | None:
        """Take a photo in and return its path; None where it is missing or no image of a sensible size."""
        ending = _ending(photo)
        return self._own(tenant, photo, ending, link=photo.is_relative_to(self.root)) if ending else None

    def keep_placeholder(self, tenant: TenantId, key: str) -> str:
        """Return the path of a drawn photo, chosen by the key."""
        number = zlib.crc32(key.encode()) % PLACEHOLDERS
        subject = Subject(
            tuple(SHAPES)[number % len(SHAPES)], tuple(INKS)[number % len(INKS)], PLACEHOLDER_CAPTION, number + 1
        )
        return self._own(tenant, self.drawn(subject), ".jpg", link=True)

    def drawn(self, subject: Subject) -> Path:
        """Return the file that shows the subject, drawing it the first time it is asked for."""
        path = self.root / "drawn" / f"{zlib.crc32(subject.seed.encode()):08x}-{subject.view}.jpg"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(f".{uuid4().hex}")
            unfinished.write_bytes(draw(subject))
            unfinished.replace(path)
        return path

    def read(self, path: str) -> Photo | None:
        """Return the photo at this path; None where nothing of ours is, wherever the path leads."""
        file = (self.root / path).resolve()
        if not file.is_relative_to(self.root.resolve()):
            return None
        try:
            content = file.read_bytes()
            with Image.open(BytesIO(content)) as image:
                kind = image.format or ""
        except (OSError, Image.DecompressionBombError):
            return None
        return Photo(content, CONTENT_TYPES[kind]) if kind in CONTENT_TYPES else None

    def _own(self, tenant: TenantId, source: Path, ending: str, *, link: bool) -> str:
        name = f"{tenant}/{uuid4().hex}{ending}"
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if not link:  # a file of the seller's may be written over later: only a copy stays as it is
                shutil.copyfile(source, target)
            else:
                os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)  # some file systems have no links
        return name


def _ending(photo: Path) -> str | None:
    try:
        if not photo.is_file() or photo.stat().st_size > MAX_PHOTO_BYTES:
            return None
        with Image.open(photo) as image:
            image.verify()
            return ENDINGS.get(image.format or "")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError):
        return None
