"""Everything that can be configured, read once from the environment (and `.env`) into one frozen value."""

import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from stoflow.domain.errors import SettingsError as SettingsError
from stoflow.hosts import is_in_the_clear
from stoflow.variables import ENV_PREFIX as ENV_PREFIX
from stoflow.variables import refuse_misspelt

ENV_FILE = ".env"

DATABASE_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
REDIS_SCHEMES = frozenset({"redis", "rediss", "unix"})
HTTP_SCHEMES = frozenset({"http", "https"})
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


def _origin(text: str) -> str:
    """Check an origin as browsers send it: anything else never matches."""
    parts = urlsplit(text)
    if text != "*" and (parts.scheme not in HTTP_SCHEMES or text.lower() != f"{parts.scheme}://{parts.netloc}".lower()):
        message = "an origin should look like https://shop.example, without a path"
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
BaseUrl = Annotated[str, _of_scheme(HTTP_SCHEMES, "https://host")]
OwnBaseUrl = Annotated[str | None, _of_scheme(HTTP_SCHEMES, "https://host")]
WebAddress = Annotated[str, AfterValidator(_web_address)]
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


class Settings(BaseSettings):
    """One field, one variable: `port` is STOFLOW_PORT. A field with `repr=False` is a secret and is never shown."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    # Where things are. Without a URL the embedded servers are used, with their data under `home`.
    home: Home = Field(default=Path(".stoflow"), validate_default=True)
    database_url: DatabaseUrl = Field(default=None, repr=False)
    redis_url: RedisUrl = Field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)

    # The marketplaces reached over HTTP, and StoFlow's own OAuth application at each.
    ebay_base_url: BaseUrl = "https://api.ebay.com"
    ebay_client_id: str = ""
    ebay_client_secret: str = Field(default="", repr=False)
    etsy_base_url: BaseUrl = "https://api.etsy.com"
    etsy_client_id: str = ""
    etsy_shared_secret: str = Field(default="", repr=False)

    # Where sellers consent, by default what belongs to the base URL; and where they come back to: eBay calls that
    # by a name of its own, the RuName.
    ebay_consent_base_url: OwnBaseUrl = None
    ebay_redirect_uri: str = ""
    etsy_consent_base_url: OwnBaseUrl = None
    etsy_redirect_uri: WebAddress = ""

    # Keys are made under `home` where none are given.
    secret_keys: Keys = Field(default=(), repr=False)
    jwt_keys_dir: AbsolutePath | None = None
    cors_origins: Origins = ()
    trusted_proxies: Names = ()

    # `speed` divides pace, back-off, quiet times and time-outs; never leases or sweeps.
    speed: float = Field(default=1.0, gt=0, le=1000)
    process_lease_s: float = Field(default=30.0, gt=0)
    heartbeat_s: float = Field(default=10.0, gt=0)
    sweep_every_s: float = Field(default=5.0, gt=0)
    ownership_lease_s: float = Field(default=15.0, gt=0)
    drain_s: float = Field(default=25.0, gt=0)

    # How much at once. The three mappings replace, by name, what each marketplace says of itself.
    window: int = Field(default=24, ge=1)  # messages in flight; half as many again as the workers' threads
    page_size: int = Field(default=100, ge=1)
    concurrency: Counts = Field(default_factory=dict[str, int])
    quiet_s: Seconds = Field(default_factory=dict[str, float])
    second_look_s: Seconds = Field(default_factory=dict[str, float])

    # Hours in which nothing begins: of a marketplace, of a tenant by its number, of 7/vinted; UTC without a zone.
    blackout: Windows = Field(default_factory=dict[str, str])

    # How often each account's listings and orders are asked for, in engine seconds; 0 is never.
    sync_every_s: float = Field(default=6 * 3600.0, ge=0)
    orders_every_s: float = Field(default=900.0, ge=0)

    # What is fetched for a file of products that names its photos by address: the last is for one import. The networks
    # are those that may be called although they are private, such as 10.0.0.0/8.
    photo_bytes: int = Field(default=30 * 1024 * 1024, ge=1, le=30 * 1024 * 1024)
    photo_timeout_s: float = Field(default=20.0, gt=0)
    photo_redirects: int = Field(default=5, ge=0)
    photo_networks: Networks = ()
    photo_addresses: int = Field(default=50_000, ge=0)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    failpoints: str = ""

    @model_validator(mode="after")
    def _beats_within_its_lease(self) -> Self:
        if self.heartbeat_s * 2 > self.process_lease_s:
            message = f"{ENV_PREFIX}HEARTBEAT_S should be at most half of {ENV_PREFIX}PROCESS_LEASE_S"
            raise ValueError(message)
        return self


def load(env_file: str | None = ENV_FILE, **given: object) -> Settings:
    """Return the settings in force: `given` first, then the environment, then `env_file`, then the defaults.

    A given None counts as not given, as an option left out of a command line. Raise SettingsError, naming the
    first wrong variable.
    """
    values = {name: value for name, value in given.items() if value is not None}
    try:
        written = dotenv_values(env_file) if env_file and Path(env_file).is_file() else {}
        said = (name for source in (os.environ, written) for name, value in source.items() if value)
        refuse_misspelt(said, known=frozenset(map(variable_of, Settings.model_fields)))
        return Settings(_env_file=env_file, **values)  # pyright: ignore[reportArgumentType, reportCallIssue]
    except ValidationError as error:
        raise SettingsError(_worded(error)) from None  # the cause would show secret values
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not written in UTF-8"
        raise SettingsError(f"{env_file} cannot be read: {reason}.") from None


def variable_of(field: str) -> str:
    return f"{ENV_PREFIX}{field.upper()}"


def unset_of(settings: Settings, *fields: str) -> tuple[str, ...]:
    """Return the variables of those of these fields that have no value."""
    return tuple(variable_of(field) for field in fields if not getattr(settings, field))


def is_secret(field: str) -> bool:
    return not Settings.model_fields[field].repr


def _worded(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"{reason}."
    field = str(first["loc"][0])
    shown = "" if field not in Settings.model_fields or is_secret(field) else f" (it is {first['input']!r})"
    return f"{variable_of(field)} is wrong: {reason[0].lower()}{reason[1:]}{shown}."
