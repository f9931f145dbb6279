"""Everything that can be configured, read once from the environment (and `.env`) into one frozen value."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stoflow.setting_types import (
    AbsolutePath,
    BaseUrl,
    Counts,
    DatabaseUrl,
    Home,
    Keys,
    MediaUrl,
    Names,
    Networks,
    Origins,
    OwnBaseUrl,
    RedisUrl,
    Seconds,
    Sender,
    SmtpUrl,
    WebAddress,
    WebAddresses,
    Windows,
)
from stoflow.variables import ENV_PREFIX as ENV_PREFIX
from stoflow.variables import SettingsError as SettingsError
from stoflow.variables import refuse_misspelt

ENV_FILE = ".env"
LEAST_DAYS_KEPT = 2  # an idempotency key is good for one
JUDGED_BY = ("blackout", "concurrency", "plugin_terms", "speed")  # why a job does not run yet, and when it does


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

    # The platform's addresses under which sellers may go back when a consent ended, the first where none was named;
    # and whether several tenants may sell with one marketplace account.
    return_addresses: WebAddresses = ()
    shared_accounts: bool = False

    # Whether a plugin does nothing for a seller who has not accepted its notice; `told` is for simulated marketplaces.
    plugin_terms: Literal["required", "told"] = "required"

    # Keys are made under `home` where none are given.
    secret_keys: Keys = Field(default=(), repr=False)
    jwt_keys_dir: AbsolutePath | None = None
    cors_origins: Origins = ()
    trusted_proxies: Names = ()

    # Whether sellers make accounts of their own; closed, the operator makes them.
    registration: Literal["open", "closed"] = "closed"

    # How many requests a minute one account may make, and one address that is no account; 0 is any number.
    account_requests: int = Field(default=12_000, ge=0)
    address_requests: int = Field(default=3_000, ge=0)

    # How many connections one address may have open at each api process, and how many refusals a minute it is given at
    # once, those above coming later; 0 is any number. A trusted proxy's connections are other people's.
    address_connections: int = Field(default=500, ge=0)
    address_refusals: int = Field(default=1_200, ge=0)

    # How mails leave: smtp://user:password@host:587, or smtps. Unset, a log line takes their place. `mail_link` is
    # the page that reads #verify=… and #reset=…; without one mails bring the bare token.
    smtp_url: SmtpUrl = Field(default=None, repr=False)
    mail_from: Sender = "StoFlow <stoflow@localhost>"
    mail_link: WebAddress = ""

    # `speed` divides pace, back-off, quiet times and time-outs; never leases or sweeps.
    speed: float = Field(default=1.0, gt=0, le=1000)
    process_lease_s: float = Field(default=30.0, gt=0)
    heartbeat_s: float = Field(default=10.0, gt=0)
    sweep_every_s: float = Field(default=5.0, gt=0)
    ownership_lease_s: float = Field(default=15.0, gt=0)
    drain_s: float = Field(default=25.0, gt=0)

    # How much at once. The three mappings replace, by name, what each marketplace says of itself.
    window: int = Field(default=32, ge=1)  # messages in flight; twice the workers' threads
    page_size: int = Field(default=100, ge=1)
    concurrency: Counts = Field(default_factory=dict[str, int])
    quiet_s: Seconds = Field(default_factory=dict[str, float])
    second_look_s: Seconds = Field(default_factory=dict[str, float])

    # Hours in which nothing begins: of a marketplace, of a tenant by its number, of 7/vinted; UTC without a zone.
    blackout: Windows = Field(default_factory=dict[str, str])

    # How often each account's listings and orders are asked for, in engine seconds; 0 is never.
    sync_every_s: float = Field(default=6 * 3600.0, ge=0)
    orders_every_s: float = Field(default=900.0, ge=0)

    # For how long jobs that ended are kept, in days; 0 is for ever.
    keep_days: float = Field(default=0.0, ge=0)

    # What is fetched for a file of products that names its photos by address: the last is for one import. The networks
    # are those that may be called although they are private, such as 10.0.0.0/8.
    photo_bytes: int = Field(default=30 * 1024 * 1024, ge=1, le=30 * 1024 * 1024)
    photo_timeout_s: float = Field(default=20.0, gt=0)
    photo_redirects: int = Field(default=5, ge=0)
    photo_networks: Networks = ()
    photo_addresses: int = Field(default=50_000, ge=0)

    # Where photos are kept: in a folder of `home`, or in a bucket such as s3://bucket/prefix. What is left empty is
    # found as Amazon's own tools find it.
    media_url: MediaUrl = ""
    media_endpoint: WebAddress = ""
    media_region: str = ""
    media_access_key: str = Field(default="", repr=False)
    media_secret_key: str = Field(default="", repr=False)

    # Webhooks: how long a receiver may take, and private networks that may be called all the same, by http too.
    webhook_timeout_s: float = Field(default=10.0, gt=0, le=30)
    webhook_networks: Networks = ()

    # What Prometheus shows at /metrics, as a bearer token; without one nobody may read them.
    metrics_token: str = Field(default="", repr=False)
    # The model that writes texts: a server that speaks OpenAI's chat completions, such as https://api.openai.com/v1.
    # Unset, none are written. So many of a product's photos are shown to it: not every model can see.
    ai_url: WebAddress = ""
    ai_key: str = Field(default="", repr=False)
    ai_model: str = ""
    ai_timeout_s: float = Field(default=60.0, gt=0, le=300)
    ai_photos: int = Field(default=0, ge=0, le=8)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"
    traces: bool = False  # spans leave by OTLP, to where OpenTelemetry's own variables say
    failpoints: str = ""

    @property
    def judging(self) -> Mapping[str, Any]:
        """What verdicts follow from, as JSON: an orchestrator tells it to whoever explains them in another process."""
        return self.model_dump(mode="json", include=set(JUDGED_BY))

    @model_validator(mode="after")
    def _keeps_what_keys_name(self) -> Self:
        if 0 < self.keep_days < LEAST_DAYS_KEPT:
            message = f"{ENV_PREFIX}KEEP_DAYS should be 0, for ever, or at least {LEAST_DAYS_KEPT}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _beats_within_its_lease(self) -> Self:
        if self.heartbeat_s * 2 > self.process_lease_s:
            message = f"{ENV_PREFIX}HEARTBEAT_S should be at most half of {ENV_PREFIX}PROCESS_LEASE_S"
            raise ValueError(message)
        return self


def judging_by(settings: Settings, told: Mapping[str, Any]) -> Settings:
    """Return the settings with what another process was `told` in the place of what its verdicts follow from."""
    return settings.model_copy(update={name: told[name] for name in JUDGED_BY if name in told})


def load(env_file: str | None = ENV_FILE, **given: object) -> Settings:
    """Return the settings in force: `given` first, then the environment, then `env_file`, then the defaults.

    A given None counts as not given, as an option left out of a command line. Raise SettingsError, naming the
    first wrong variable.
    """
    values = {name: value for name, value in given.items() if value is not None}
    try:
        known = frozenset(map(variable_of, Settings.model_fields))
        refuse_misspelt(_given_names(env_file), known=known)
        refuse_misspelt(map(variable_of, values), known=known)
        return Settings(_env_file=env_file, **values)  # pyright: ignore[reportArgumentType, reportCallIssue]
    except ValidationError as error:
        raise SettingsError(_worded(error)) from None  # the cause would show secret values
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not written in UTF-8"
        raise SettingsError(f"{env_file} cannot be read: {reason}.") from None


def _given_names(env_file: str | None) -> Iterator[str]:
    """Yield the variables that have a value, in the environment or in the file."""
    written = dotenv_values(env_file) if env_file and Path(env_file).is_file() else {}
    yield from (name for source in (os.environ, written) for name, value in source.items() if value)


Secret = Annotated[str, Field(repr=False)]
"""A text that is never shown."""


class PackageSettings(BaseSettings):
    """Settings of an installed marketplace, read beside StoFlow's: `env_prefix` is STOFLOW_, its name, and _.

    They are a field of the Marketplace, so that `stoflow config` lists them.
    """

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    @classmethod
    def read(cls) -> Self:
        """Return those in force; raise SettingsError, naming the first wrong variable, or one that is misspelt."""
        prefix = variable_of("", cls).upper()
        if prefix.removeprefix(ENV_PREFIX) not in {"", prefix}:  # what begins otherwise is not its alone
            known = frozenset(variable_of(field, cls).upper() for field in cls.model_fields)
            refuse_misspelt(_given_names(ENV_FILE), known=known, prefix=prefix)
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(_worded(error, cls)) from None  # the cause would show secret values


def variable_of(field: str, of: type[BaseSettings] = Settings) -> str:
    return f"{of.model_config.get('env_prefix', '')}{field.upper()}"


def unset_of(settings: Settings, *fields: str) -> tuple[str, ...]:
    """Return the variables of those of these fields that have no value."""
    return tuple(variable_of(field) for field in fields if not getattr(settings, field))


def is_secret(field: str, of: type[BaseSettings] = Settings) -> bool:
    return not of.model_fields[field].repr


def _worded(error: ValidationError, of: type[BaseSettings] = Settings) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"{reason}."
    field = str(first["loc"][0])
    shown = "" if field not in of.model_fields or is_secret(field, of) else f" (it is {first['input']!r})"
    return f"{variable_of(field, of)} is wrong: {reason[0].lower()}{reason[1:]}{shown}."
