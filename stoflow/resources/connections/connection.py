"""A seller's connection to a marketplace, as the seller sees it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from stoflow.domain.attempt import day_in_utc
from stoflow.domain.choices import Choice, Choices, Setting, Settings
from stoflow.domain.errors import Conflict
from stoflow.domain.facts.accounts import SellerDisconnected
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import Lock
from stoflow.marketplaces.contract import AccountOptions
from stoflow.marketplaces.pricing import OF_EVERY_ACCOUNT
from stoflow.monitoring.record import record
from stoflow.storage.applications import Applications
from stoflow.storage.credentials.account_settings import AccountSettings
from stoflow.storage.credentials.connections import Connections, StoredConnection
from stoflow.storage.credentials.consents import Consents
from stoflow.storage.database.session import Database
from stoflow.transports.contract import Transport
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.consent import ALL_ACTIONS, OF_ACCOUNT, missing_scopes
from stoflow.transports.direct.credentials import CredentialField
from stoflow.transports.direct.profile import DirectProfile

OF_NO_ACTION = frozenset({ALL_ACTIONS, OF_ACCOUNT})


class ConnectionState(StrEnum):
    CONNECTED = "connected"
    NEEDS_SELLER = "needs_seller"  # jobs wait until the seller consents again, or has mended the session
    LOCKED = "locked"  # by the marketplace: jobs wait until the seller has had it unlocked there
    DISCONNECTED = "disconnected"  # by the seller, or never connected
    OFFLINE = "offline"  # the seller's plugin is away


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of an account, and what there is to choose from; nothing is, where any fitting value may be set."""

    setting: str
    required: bool
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Impossible:
    """An action that the seller did not grant, and the scopes that are missing for it."""

    action: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """`reason` says why it is not connected, "" where it is; `expires_at` is the end of the consent, where known.

    `settings` are those of the `options` that are set; `read_at` is when the marketplace last told what there is to
    choose from. `credentials` are what the seller enters to connect. `lock` is of an account that is locked there.
    """

    marketplace: str
    state: ConnectionState
    reason: str
    external_id: str
    expires_at: datetime | None
    settings: Settings = field(default_factory=dict[str, Any])
    options: tuple[Option, ...] = ()
    credentials: tuple[CredentialField, ...] = ()
    read_at: datetime | None = None
    impossible: tuple[Impossible, ...] = ()
    lock: Lock | None = None


@dataclass(frozen=True, slots=True)
class Accounts:
    """What the use cases need. `plugins` names the marketplaces reached through the seller's plugin, `profiles` are
    those of the others, `options` those that have something to choose. `returns` are
    the addresses under which sellers may go back when a consent ended. `applications` hears what calls say of
    StoFlow's own. `announced` wakes whoever owns the tenant, `action_name` tells what people call an action there."""

    database: Database
    connections: Connections
    consents: Consents
    settings: AccountSettings
    profiles: Mapping[str, DirectProfile]
    options: Mapping[str, AccountOptions]
    plugins: frozenset[str]
    client: DirectClient
    transport: Transport
    applications: Applications
    announced: Callable[[], None]
    action_name: Callable[[str, str], str]
    returns: Sequence[str] = ()


def find_connection(accounts: Accounts, tenant: TenantId, marketplace: str) -> Connection:
    """Return how the tenant's connection stands, also where there never was one."""
    stored = accounts.connections.read_state(tenant, marketplace)
    state, reason = _by_plugin(stored) if marketplace in accounts.plugins else _by_consent(stored)
    options = _options(accounts, marketplace, stored.choices)
    return Connection(
        marketplace=marketplace,
        state=state,
        reason=reason,
        external_id=stored.external_id or "",
        expires_at=stored.secret_expires_at,
        settings={each.setting: value for each in options if (value := stored.settings.get(each.setting)) is not None},
        options=options,
        credentials=_credentials(accounts, marketplace),
        read_at=stored.choices_read_at,
        impossible=_impossible(accounts, marketplace, stored.granted),
        lock=stored.lock if state is ConnectionState.LOCKED else None,
    )


def standing_of(accounts: Accounts, tenant: TenantId) -> Sequence[Connection]:
    """Return how the tenant's connection to each marketplace stands."""
    names = sorted({*accounts.plugins, *accounts.profiles})
    return [find_connection(accounts, tenant, name) for name in names]


def disconnect(accounts: Accounts, tenant: TenantId, marketplace: str) -> Connection:
    """Forget the tokens; jobs there wait until the seller consents again. Raise Conflict where a plugin connects."""
    if marketplace in accounts.plugins:
        message = f"{marketplace} is reached through the seller's own browser: sign out there, or remove the plugin."
        raise Conflict(message)
    if accounts.connections.disconnect(tenant, marketplace, f"You have disconnected {marketplace}."):
        record(SellerDisconnected(tenant, marketplace))
        accounts.announced()
    return find_connection(accounts, tenant, marketplace)


def _impossible(accounts: Accounts, marketplace: str, granted: Sequence[str] | None) -> tuple[Impossible, ...]:
    profile = accounts.profiles.get(marketplace)
    if profile is None or profile.consent is None:
        return ()
    scopes = profile.consent.scopes
    missing = {action: missing_scopes(scopes, action, granted) for action in scopes if action not in OF_NO_ACTION}
    return tuple(
        Impossible(accounts.action_name(marketplace, action), lacking) for action, lacking in missing.items() if lacking
    )


def way_in(accounts: Accounts, marketplace: str) -> str:
    """Return how a seller is connected there."""
    if marketplace in accounts.plugins:
        return "through the seller's own browser"
    profile = accounts.profiles.get(marketplace)
    if profile is not None and profile.credentials is not None:
        return f"by what you enter with PUT /api/{marketplace}/connection"
    if profile is not None and profile.consent is not None:
        return f"by your consent on its own page, GET /api/{marketplace}/oauth/authorize"
    return "by another way"


def _credentials(accounts: Accounts, marketplace: str) -> tuple[CredentialField, ...]:
    profile = accounts.profiles.get(marketplace)
    return profile.credentials.fields if profile is not None and profile.credentials is not None else ()


def _options(accounts: Accounts, marketplace: str, of_account: Choices) -> tuple[Option, ...]:
    """Return what may be set there; a connection holds other settings too, which are nobody's to choose."""
    today = day_in_utc()
    known = settings_of(accounts, marketplace)
    return tuple(Option(each.name, each.required, each.choices(of_account, today)) for each in known)


def settings_of(accounts: Accounts, marketplace: str) -> tuple[Setting, ...]:
    """Return what may be set of an account there: the marketplace's own settings, and those of every account."""
    own = accounts.options[marketplace].settings if marketplace in accounts.options else ()
    return (*own, *OF_EVERY_ACCOUNT)


def _by_consent(stored: StoredConnection) -> tuple[ConnectionState, str]:
    if not stored.has_tokens:
        return ConnectionState.DISCONNECTED, stored.reason or "You have not connected it."
    if stored.state == ConnectionState.CONNECTED:
        return ConnectionState.CONNECTED, ""
    return _waiting(stored), stored.reason or ""


def _waiting(stored: StoredConnection) -> ConnectionState:
    return ConnectionState.LOCKED if stored.lock else ConnectionState.NEEDS_SELLER


def _by_plugin(stored: StoredConnection) -> tuple[ConnectionState, str]:
    if stored.state == ConnectionState.NEEDS_SELLER:
        return _waiting(stored), stored.reason or ""
    if stored.plugin_connected:
        return ConnectionState.CONNECTED, ""
    if stored.plugin_since is None:
        return ConnectionState.DISCONNECTED, "The plugin has never been connected."
    return ConnectionState.OFFLINE, f"The plugin has been offline since {stored.plugin_since.isoformat()}."
