"""The photos' folder: every photo in it was looked at when it was taken in, and is named by what it holds."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2s
from pathlib import Path
from stat import S_ISREG
from typing import IO, Protocol
from uuid import uuid4

from PIL import Image

from stoflow.domain.attempt import PhotosElsewhere
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
COPIES_BYTES = 2 * 1024**3
"""What copies of photos in a bucket may take on one machine."""
IN_USE_S = 600.0
KEPT_PATH = re.compile(r"[0-9]{1,10}/[0-9a-f]{32}\.(jpg|png)")


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

    @property
    def elsewhere(self) -> PhotosElsewhere | None:
        """Where the photos are of which the folder has copies only; None where it has them all."""
        return None

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

    def photos_of(self, tenant: TenantId) -> Iterator[Path]:
        """Yield every photo of a tenant, whether or not a product still has it."""
        folder = self.root / str(tenant)
        yield from (file for file in sorted(folder.glob("*")) if file.suffix in CONTENT_TYPES and file.is_file())

    def forget(self, tenant: TenantId) -> None:
        """Remove all photos of a tenant; what is gone already is."""
        folder = self.root / str(tenant)
        if folder.exists():
            shutil.rmtree(folder)

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


class Bucket(Protocol):
    """Where photos are kept beside this machine."""

    def put(self, path: str, content: bytes) -> None: ...
    def has(self, path: str) -> bool: ...
    def get(self, path: str) -> bytes | None: ...
    def paths(self, below: str) -> Sequence[str]: ...
    def delete(self, path: str) -> None: ...


class MediaBucket(MediaFolder):
    """Photos in a bucket. The folder holds copies of those that were used last, and loses them as it fills.

    Whatever the bucket is asked raises PhotosUnavailable where it does not answer.
    """

    def __init__(self, root: Path, bucket: Bucket, *, copies_bytes: int = COPIES_BYTES) -> None:
        super().__init__(root)
        self._bucket = bucket
        self._copies_bytes = copies_bytes
        self._taken_bytes = copies_bytes  # so that what an earlier process left is looked through first

    @property
    def elsewhere(self) -> PhotosElsewhere:
        return self

    def keep(self, tenant: TenantId, content: bytes) -> str:
        """Take a photo in as the folder does: it is kept once the bucket has it."""
        path = super().keep(tenant, content)
        if not self._bucket.has(path):
            self._bucket.put(path, (self.root / path).read_bytes())
        return path

    def find(self, path: str) -> Photo | None:
        """Return the photo at this path, had from the bucket where no copy is at hand."""
        if super().find(path) is None:
            self.bring(path)
        return super().find(path)

    def has(self, path: str) -> bool:
        """Say whether it is the path of a photo that was kept: a bucket loses none, and asking takes time."""
        return bool(KEPT_PATH.fullmatch(path))

    def photos_of(self, tenant: TenantId) -> Iterator[Path]:
        for path in self._bucket.paths(f"{tenant}/"):
            if photo := self.find(path):
                yield photo.file

    def forget(self, tenant: TenantId) -> None:
        """Remove them from the bucket and of the copies on this machine; those of others go as they fill."""
        for path in self._bucket.paths(f"{tenant}/"):
            self._bucket.delete(path)
        super().forget(tenant)

    def bring(self, path: str) -> None:
        """Put a copy of the photo into the folder, where the bucket has it."""
        content = self._bucket.get(path) if self.has(path) else None
        if content is None:
            return
        write_whole(self.root / path, content)
        self._taken_bytes += len(content)
        if self._taken_bytes > self._copies_bytes // 10:
            self._taken_bytes = 0
            forget_oldest(self.root, keep_bytes=self._copies_bytes)


def forget_oldest(root: Path, *, keep_bytes: int) -> None:
    """Delete the oldest files until the others are not longer than that together; the newest ones may be in use."""
    kept, newest = 0, datetime.now(UTC).timestamp() - IN_USE_S
    for modified, length, file in sorted(_files_below(root), reverse=True):
        kept += length
        if kept > keep_bytes and modified < newest:
            file.unlink(missing_ok=True)


def _files_below(root: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield when each file was written, and how long it is."""
    for file in root.rglob("*"):
        with suppress(FileNotFoundError):  # another process forgets files too
            known = file.stat()
            if S_ISREG(known.st_mode):
                yield known.st_mtime, known.st_size, file


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
