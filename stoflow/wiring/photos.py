"""Where photos are kept, and where those of an import come from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stoflow.resources.products.media import MediaBucket, MediaFolder, media_folder
from stoflow.resources.products.photo_source import Fetch, PhotoSource
from stoflow.settings import Settings
from stoflow.storage.photo_bucket import PhotoBucket
from stoflow.transports.direct.photos import FetchLimits, PhotoFetcher
from stoflow.wiring.installation import Installation

COPIES = "media-copies"  # of the photos in a bucket


def photo_source(installation: Installation, folder: Path) -> PhotoSource:
    """Return where the photos of one import come from: the folder of its file, and the addresses the file gives."""
    fetch = installation.resources.enter_context(fetching(installation.settings))
    return PhotoSource(folder, media_of(installation.settings), fetch)


def media_of(settings: Settings) -> MediaFolder:
    """Return where photos are kept: a folder of the installation's home, or a bucket with copies in another one."""
    if not settings.media_url:
        return media_folder(settings.home)
    return MediaBucket(settings.home / COPIES, PhotoBucket(settings))


@contextmanager
def fetching(settings: Settings) -> Iterator[Fetch]:
    """Give what fetches the photos of one import, or of one request."""
    fetcher = PhotoFetcher(
        FetchLimits(
            content_bytes=settings.photo_bytes,
            seconds=settings.photo_timeout_s,
            redirects=settings.photo_redirects,
            photos=settings.photo_addresses,
            networks=settings.photo_networks,
        )
    )
    try:
        yield fetcher.fetch
    finally:
        fetcher.close()
