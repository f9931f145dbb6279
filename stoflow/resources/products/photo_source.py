"""Where the photos that a file of products names come from: its own folder, or the addresses it gives."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from unicodedata import normalize

from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.marketplaces.files import file_below
from stoflow.marketplaces.photos import MAX_PHOTO_BYTES
from stoflow.marketplaces.pictures import BadPicture
from stoflow.resources.products.media import MediaFolder
from stoflow.transports.direct.photos import NotFetched

AT_ONCE = 4
SHOWN_CHARACTERS = 200
ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+):|//", re.IGNORECASE)  # one letter before a colon is a drive
FETCHED_SCHEMES = frozenset({"http", "https"})


class RefusedPhoto(Exception):
    """A photo cannot be taken in; `reason` goes on after its name and says what to do."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f'The photo "{name[:SHOWN_CHARACTERS]}" {reason}.')
        self.name = name
        self.reason = reason


class Photos(Protocol):
    """Takes photos in by the names that a file of products gives them."""

    def take(self, tenant: TenantId, name: str) -> str:
        """Return the path of the photo below the media folder; raise RefusedPhoto."""
        ...


Fetch = Callable[[str], bytes]
"""Returns what is at an address of http or https; raises NotFetched."""


def no_addresses(_: str) -> bytes:
    """Refuse every address, where nothing is fetched."""
    raise NotFetched("is an address, and only files are taken here")


@dataclass(frozen=True, slots=True)
class PhotoSource:
    """Photos in the folder of the file that names them, and at addresses; `media` is where they are kept."""

    folder: Path
    media: MediaFolder
    fetch: Fetch = no_addresses
    known: dict[tuple[TenantId, str], "str | RefusedPhoto"] = field(default_factory=dict, repr=False)
    """What became of each address so far, so that each is fetched once."""

    def take(self, tenant: TenantId, name: str) -> str:
        """Take in one photo: a file of products must not reach for the rest of the machine."""
        if not ADDRESS.match(name):
            return self._keep(tenant, name, self._read)
        if (tenant, name) not in self.known:
            try:
                self.known[tenant, name] = self._keep(tenant, name, self._fetched)
            except RefusedPhoto as refused:
                self.known[tenant, name] = refused
        found = self.known[tenant, name]
        if isinstance(found, RefusedPhoto):
            raise RefusedPhoto(found.name, found.reason)
        return found

    def _keep(self, tenant: TenantId, name: str, read: Callable[[str], bytes]) -> str:
        try:
            return self.media.keep(tenant, read(name))
        except (BadPicture, NotFetched) as error:
            raise RefusedPhoto(name, str(error)) from error

    def _fetched(self, name: str) -> bytes:
        address = f"https:{name}" if name.startswith("//") else name
        scheme = address.partition(":")[0].lower()
        if scheme not in FETCHED_SCHEMES:
            raise RefusedPhoto(name, f"is an address of {scheme}, and only http and https are fetched")
        return self.fetch(address)

    def _read(self, name: str) -> bytes:
        file = next(filter(None, (file_below(self.folder, each) for each in _spellings(name))), None)
        if file is None:
            raise RefusedPhoto(name, f"is not in the folder {self.folder}; put it there, or give its address")
        try:
            with file.open("rb") as opened:
                content = opened.read(MAX_PHOTO_BYTES + 1)
        except OSError:
            raise RefusedPhoto(name, "cannot be read; see who may read the file") from None
        if len(content) > MAX_PHOTO_BYTES:
            raise RefusedPhoto(name, f"is longer than {MAX_PHOTO_BYTES // 1024**2} MiB; save it smaller")
        return content


def _spellings(name: str) -> tuple[str, ...]:
    """Return the names a file may have where its folder was made: Windows parts otherwise, macOS splits accents."""
    written = (name, name.replace("\\", "/"))
    return tuple(dict.fromkeys(normalize(form, each) for each in written for form in ("NFC", "NFD")) | {name: None})


def with_photos(photos: Photos, tenant: TenantId, product: NewProduct) -> NewProduct:
    """Return the product with its photos taken in, a few at a time; raise RefusedPhoto for the first that cannot be."""
    names = tuple(dict.fromkeys(image.path for image in product.images))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        paths = dict(zip(names, pool.map(lambda name: photos.take(tenant, name), names), strict=True))
    return replace(product, images=tuple(replace(image, path=paths[image.path]) for image in product.images))
