"""Photos in an S3-compatible bucket: put there once, had back by their path."""

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from stoflow.domain.errors import ConfigurationError, PhotosUnavailable
from stoflow.settings import Settings

if TYPE_CHECKING:
    from obstore.store import S3Store

Answer = TypeVar("Answer")

TIMEOUT: Final = "20s"
CONNECTING: Final = "5s"
RETRIES: Final = 2
NO_BUCKET: Final = "NoSuchBucket"  # S3's own word
NO_REGION: Final = "us-east-1"  # what a bucket is asked for by whoever knows no regions


class PhotoBucket:
    """One bucket, or what is below a prefix in it; opened where it is used first, since a connection does not fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def put(self, path: str, content: bytes) -> None:
        """Keep what is at this path; raise PhotosUnavailable."""
        self._asked(lambda: self._store.put(path, content, use_multipart=False))

    def has(self, path: str) -> bool:
        """Say whether something is at this path; raise PhotosUnavailable."""
        return self._asked(lambda: self._store.head(path)) is not None

    def get(self, path: str) -> bytes | None:
        """Return what is at this path, None where nothing is; raise PhotosUnavailable."""
        found = self._asked(lambda: self._store.get(path).bytes())
        return None if found is None else bytes(found)

    def paths(self, below: str) -> Sequence[str]:
        """Return every path that begins so, up to a slash; raise PhotosUnavailable."""
        pages = self._asked(lambda: list(self._store.list(below))) or []
        return [each["path"] for page in pages for each in page]

    def delete(self, path: str) -> None:
        """Let nothing be at this path; raise PhotosUnavailable."""
        self._asked(lambda: self._store.delete(path))

    @cached_property
    def _store(self) -> "S3Store":
        try:
            opened = import_module("obstore.store").S3Store
        except ImportError:
            raise ConfigurationError("STOFLOW_MEDIA_URL names a bucket: install stoflow[s3], or unset it.") from None
        settings, place = self._settings, urlsplit(self._settings.media_url)
        given = {
            "endpoint": settings.media_endpoint,
            "access_key_id": settings.media_access_key,
            "secret_access_key": settings.media_secret_key,
        }
        return opened(
            place.netloc,
            prefix=place.path.strip("/") or None,
            region=settings.media_region or NO_REGION,
            client_options={
                "allow_http": settings.media_endpoint.startswith("http:"),
                "timeout": TIMEOUT,
                "connect_timeout": CONNECTING,
            },
            retry_config={"max_retries": RETRIES},
            **{name: value for name, value in given.items() if value},
        )

    def _asked(self, ask: Callable[[], Answer]) -> Answer | None:
        """Return what the bucket answers, None where it has nothing there."""
        try:
            return ask()
        except FileNotFoundError as error:  # as obstore says it of an object, and of a bucket
            if NO_BUCKET not in str(error):
                return None
            raise PhotosUnavailable(_said(error)) from error
        except ConfigurationError:
            raise
        except Exception as error:
            if not isinstance(error, import_module("obstore.exceptions").BaseError):
                raise
            raise PhotosUnavailable(_said(error)) from error


def _said(error: Exception) -> str:
    if NO_BUCKET in str(error):
        return "There is no such bucket of photos: make the one that STOFLOW_MEDIA_URL names."
    return f"The bucket of photos does not answer: {type(error).__name__}."
