"""What the values of settings may be: addresses, keys, lists and mappings as they stand in environment variables."""

import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from stoflow.hosts import is_in_the_clear

DATABASE_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
REDIS_SCHEMES = frozenset({"redis", "rediss", "unix"})
HTTP_SCHEMES = frozenset({"http", "https"})
EXTENSION_ORIGIN = re.compile(r"chrome-extension://[a-p]{32}")
SMTP_SCHEMES = frozenset({"smtp", "smtps"})
FERNET_KEY_BYTES = 32
WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


def _of_scheme(schemes: frozenset[str], example: str) -> AfterValidator:
    def check(url: str | None) -> str | None:
        if url is not None and (urlsplit(url).scheme not in schemes or not _has_place(url, schemes)):
            message = f"it should be an address such as {example}"
            raise ValueError(message)
        if url is not None and is_in_the_clear(url):
            message = "it should begin with https: what is sent there is secret, and only this machine and your own"
            message += " network (a private address, a name such as sandbox or shops.internal) are spoken to by http"
            raise ValueError(message)
        return url.rstrip("/") if url is not None and schemes is HTTP_SCHEMES else url

    return AfterValidator(check)


def _has_place(url: str, schemes: frozenset[str]) -> bool:
    """Say whether host and port can be read; PostgreSQL's driver reads its own, which may be several."""
    try:
        parts = urlsplit(url)
        is_local = parts.scheme == "unix"
        return schemes is DATABASE_SCHEMES or is_local or bool(parts.hostname and parts.port != 0)
    except ValueError:
        return False


def _web_address(url: str) -> str:
    """Check an address that must reach a marketplace letter by letter as it is registered there."""
    parts = urlsplit(url)
    if url and (parts.scheme not in HTTP_SCHEMES or not parts.netloc or parts.fragment):
        message = "it should be an address such as https://host/path"
        raise ValueError(message)
    return url


def _bucket(url: str) -> str:
    """Check where photos are kept that no folder holds."""
    parts = urlsplit(url)
    if url and (parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or parts.query or parts.fragment):
        message = "it should look like s3://bucket/prefix"
        raise ValueError(message)
    return url.rstrip("/")


def _origin(text: str) -> str:
    """Check an origin as browsers send it: anything else never matches."""
    parts = urlsplit(text)
    is_origin = parts.scheme in HTTP_SCHEMES and text.lower() == f"{parts.scheme}://{parts.netloc}".lower()
    if text != "*" and not is_origin and not EXTENSION_ORIGIN.fullmatch(text):
        message = "an origin should look like https://shop.example, without a path, or chrome-extension://ID"
        raise ValueError(message)
    return text


def _sender(text: str) -> str:
    _, address = parseaddr(text)
    if not text.isprintable() or address.count("@") != 1 or address.startswith("@") or address.endswith("@"):
        message = "it should be an address such as StoFlow <stoflow@shop.example>"
        raise ValueError(message)
    return text


def _different(keys: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(keys)) < len(keys):
        message = "it holds the same key twice"
        raise ValueError(message)
    return keys


def _no_file(home: Path) -> Path:
    """Check what must be a folder; whether it may be written to is known when it is."""
    for folder in (home, *home.parents):
        if os.path.lexists(folder):
            if not folder.is_dir():
                message = f"{folder} is no folder"
                raise ValueError(message)
            break
    return home


def _listed(value: object) -> object:
    """Split `a, b` as it stands in an environment variable."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _mapped(value: object) -> object:
    """Split `vinted=1, ebay=4` as it stands in an environment variable."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    if any(not equals or not name.strip() for name, equals, _ in pairs):
        message = "it should look like vinted=1,ebay=4"
        raise ValueError(message)
    return {name.strip(): number.strip() for name, _, number in pairs}


def _window(text: str) -> str:
    """Check hours of the day such as 22:00-07:00@Europe/Paris."""
    hours, _, zone = text.partition("@")
    if not WINDOW.fullmatch(hours) or (zone and zone not in available_timezones()):
        message = "it should look like vinted=22:00-07:00@Europe/Paris,7/ebay=01:00-03:00"
        raise ValueError(message)
    return text


def _fernet_key(key: str) -> str:
    try:
        length = len(urlsafe_b64decode(key))
    except ValueError:
        length = 0
    if length != FERNET_KEY_BYTES:
        message = "each key should be 32 bytes in URL-safe base64"
        raise ValueError(message)
    return key


DatabaseUrl = Annotated[str | None, _of_scheme(DATABASE_SCHEMES, "postgresql://user:password@host:5432/stoflow")]
RedisUrl = Annotated[str | None, _of_scheme(REDIS_SCHEMES, "redis://host:6379/0")]
SmtpUrl = Annotated[str | None, _of_scheme(SMTP_SCHEMES, "smtp://user:password@host:587")]
Sender = Annotated[str, AfterValidator(_sender)]
BaseUrl = Annotated[str, _of_scheme(HTTP_SCHEMES, "https://host")]
OwnBaseUrl = Annotated[str | None, _of_scheme(HTTP_SCHEMES, "https://host")]
WebAddress = Annotated[str, AfterValidator(_web_address)]
WebAddresses = Annotated[tuple[WebAddress, ...], NoDecode, BeforeValidator(_listed)]
MediaUrl = Annotated[str, AfterValidator(_bucket)]
AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
Home = Annotated[AbsolutePath, AfterValidator(_no_file)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_listed)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_listed)]
Keys = Annotated[
    tuple[Annotated[str, AfterValidator(_fernet_key)], ...],
    NoDecode,
    BeforeValidator(_listed),
    AfterValidator(_different),
]
Counts = Annotated[Mapping[str, Annotated[int, Field(ge=1)]], NoDecode, BeforeValidator(_mapped)]
Windows = Annotated[Mapping[str, Annotated[str, AfterValidator(_window)]], NoDecode, BeforeValidator(_mapped)]
Seconds = Annotated[Mapping[str, Annotated[float, Field(ge=0)]], NoDecode, BeforeValidator(_mapped)]
