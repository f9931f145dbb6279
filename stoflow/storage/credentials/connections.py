"""A tenant's connections: the account at each marketplace, whether it is usable, and its sealed tokens."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.account import Account
from stoflow.domain.choices import Choice, Choices, Settings
from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import Lock
from stoflow.storage.credentials.holders import release_account
from stoflow.storage.credentials.vault import Secret, Vault
from stoflow.storage.database.session import Database
from stoflow.storage.engine.connection_state import needs_seller, try_now
from stoflow.storage.engine.facts import lock_of, plugin_connected
from stoflow.storage.engine.locks import lock_in
from stoflow.storage.engine.statement import bind, s
from stoflow.storage.tenants.quotas import refuse_more_marketplaces
from stoflow.transports.direct.tokens import Tokens

EARLY_S = 60.0  # an access token is renewed this long before its end,
EARLY_SHARE = 0.1  # or this share of its life, whichever is less

NOW = "SELECT extract(epoch FROM clock_timestamp())::float8 AS now"
# A locked account stays so, whoever connects it anew.
STAYS_LOCKED = f"c.external_id = EXCLUDED.external_id AND {lock_of('c')} IS NOT NULL"
RESET = f"""state = CASE WHEN {STAYS_LOCKED} THEN c.state ELSE 'connected' END,
  reason = CASE WHEN {STAYS_LOCKED} THEN c.reason END, next_try = CASE WHEN {STAYS_LOCKED} THEN c.next_try END,
  updated_at = clock_timestamp(), tries = 0, tried_at = NULL,
  resume_at = CASE WHEN c.external_id = EXCLUDED.external_id THEN c.resume_at END"""
SAVE = f"""
INSERT INTO {s}.connections AS c (marketplace, external_id, state, reason, settings, secret, secret_expires_at)
VALUES (%(marketplace)s, %(external_id)s, 'connected', NULL, %(settings)s, %(secret)s,
        clock_timestamp() + %(refresh_s)s::float8 * interval '1 second')
ON CONFLICT (marketplace) DO UPDATE SET external_id = EXCLUDED.external_id, {RESET},
  settings = EXCLUDED.settings, secret = EXCLUDED.secret, secret_expires_at = EXCLUDED.secret_expires_at,
  choices = CASE WHEN c.external_id = EXCLUDED.external_id THEN c.choices ELSE '{{}}' END,
  choices_read_at = CASE WHEN c.external_id = EXCLUDED.external_id THEN c.choices_read_at END, granted = NULL
"""
READ = """
SELECT external_id, state, reason, settings, secret, extract(epoch FROM clock_timestamp())::float8 AS now
FROM {s}.connections WHERE marketplace = %(marketplace)s
"""
READ_LOCKED = READ + "FOR UPDATE"
STANDING = f"""
SELECT c.external_id, c.state, c.reason, {lock_of("c")} AS lock, c.secret IS NOT NULL AS has_tokens,
       c.secret_expires_at,
       coalesce(c.settings, '{{}}') AS settings, coalesce(c.choices, '{{}}') AS choices, c.choices_read_at,
       c.granted, v.since AS plugin_since, {plugin_connected()} AS plugin_connected
FROM (SELECT) AS always
LEFT JOIN {s}.connections c ON c.marketplace = %(marketplace)s
LEFT JOIN public.plugin_presence v ON v.tenant = %(tenant)s
"""
DISCONNECT = """
UPDATE {s}.connections SET state = 'needs_seller', reason = %(reason)s, secret = NULL, secret_expires_at = NULL,
  resume_at = NULL, updated_at = clock_timestamp()
WHERE marketplace = %(marketplace)s RETURNING marketplace
"""
FORGET_CONSENTS = "DELETE FROM {s}.consents WHERE marketplace = %(marketplace)s"
# `updated_at` tells when the connection's standing changed last; a refresh leaves it, or an attempt that began before
# the refresh could say nothing of a connection that is no good.
RESEAL = "UPDATE {s}.connections SET secret = %(secret)s WHERE marketplace = %(marketplace)s"
ANNOUNCE = "INSERT INTO public.outbox (tenant, job) VALUES (%(tenant)s, 0)"


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """What is known of a connection, never a token; where there never was one, only of the plugin."""

    external_id: str | None
    state: str | None
    reason: str | None
    lock: Lock | None
    has_tokens: bool
    secret_expires_at: datetime | None
    settings: Settings
    choices: Choices
    choices_read_at: datetime | None
    granted: Sequence[str] | None
    plugin_since: datetime | None
    plugin_connected: bool


@dataclass(frozen=True, slots=True)
class SealedConnection:
    """A connection with its sealed tokens, None where there are none; `now` is the database's time."""

    external_id: str
    state: str
    reason: str | None
    settings: Settings
    secret: str | None = field(repr=False)
    now: float


class Connections:
    """Reads and writes `connections`, each call in a transaction of its own."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def save(
        self,
        tenant: TenantId,
        marketplace: str,
        *,
        external_id: str,
        settings: Mapping[str, Any],
        tokens: Tokens | None = None,
    ) -> None:
        """Connect the tenant, or connect it anew: what waited for the seller goes on. A plugin has no tokens."""
        with self._database.records() as connection:
            secret = (
                self._vault.seal(tenant, marketplace, fresh_secret(tokens, database_now(connection)))
                if tokens
                else None
            )
            values = {
                "marketplace": marketplace,
                "external_id": external_id,
                "settings": Jsonb(dict(settings)),
                "secret": secret,
                "refresh_s": tokens.refresh_expires_in_s if tokens else None,
            }
            execute(connection, SAVE, tenant, **values)
            execute(connection, ANNOUNCE, tenant)

    def disconnect(self, tenant: TenantId, marketplace: str, reason: str) -> bool:
        """Forget the tokens, and the consents under way; what the seller declared stays. False: never connected."""
        with self._database.records() as connection:
            execute(connection, FORGET_CONSENTS, tenant, marketplace=marketplace)
            release_account(connection, tenant, marketplace)
            known = execute(connection, DISCONNECT, tenant, marketplace=marketplace, reason=reason) is not None
            execute(connection, ANNOUNCE, tenant)
        return known

    @contextmanager
    def tried(self, tenant: TenantId, marketplace: str, announced: Callable[[], None]) -> Generator[None]:
        """Take a mark that the seller must act away for the call inside; it is there again where that fails."""
        with self._database.records() as connection:
            mark = try_now(connection, tenant, marketplace)
        try:
            yield
        except BaseException:
            if mark is not None:
                with self._database.records() as connection:
                    needs_seller(tenant, marketplace, mark[0], lock=mark[1]).on(connection)
            raise
        if mark is not None:
            with self._database.records() as connection:
                execute(connection, ANNOUNCE, tenant)
            announced()

    def read_state(self, tenant: TenantId, marketplace: str) -> StoredConnection:
        with self._database.records() as connection:
            row = execute(connection, STANDING, tenant, marketplace=marketplace)
        assert row is not None
        values: dict[str, Any] = {**row, "choices": choices_of(row["choices"]), "lock": lock_in(row["lock"])}
        return StoredConnection(**values)

    def refuse_more(self, tenant: TenantId, marketplace: str) -> None:
        """Raise QuotaExceeded where this one would be too many now."""
        with self._database.records() as connection:
            refuse_more_marketplaces(connection, tenant, marketplace)

    def account(self, tenant: TenantId, marketplace: str) -> Account:
        """Raise NotFound where the tenant never connected."""
        with self._database.records() as connection:
            found = _read(connection, tenant, marketplace)
        return Account(marketplace, found.external_id, found.settings)

    def tokens_of(self, tenant: TenantId, marketplace: str) -> Secret:
        """Return what is stored, fresh or not; for a token to use, ask SellerTokens."""
        with self._database.records() as connection:
            found = _read(connection, tenant, marketplace)
        if found.secret is None:
            message = f"Tenant {tenant} has no tokens for {marketplace}."
            raise NotFound(message)
        return self._vault.unseal(tenant, marketplace, found.secret)


def execute(
    connection: Connection[DictRow], template: LiteralString, tenant: TenantId, **values: Any
) -> DictRow | None:
    """Run one statement in the tenant's schema; return its first row."""
    statement = bind(template, tenant, **values)
    cursor = connection.execute(statement.text, statement.params)
    return cursor.fetchone() if cursor.description else None


def database_now(connection: Connection[DictRow]) -> float:
    """Return the database's time, in seconds since 1970: the only clock all processes share."""
    row = connection.execute(NOW).fetchone()
    return float(row["now"]) if row else 0.0


def lock_connection(connection: Connection[DictRow], tenant: TenantId, marketplace: str) -> SealedConnection | None:
    """Hold the connection until the commit; None where the tenant never connected."""
    row = execute(connection, READ_LOCKED, tenant, marketplace=marketplace)
    return SealedConnection(**row) if row else None


def choices_of(stored: Mapping[str, Any]) -> Choices:
    """Return the choices in a connection's row."""
    return {name: tuple(Choice(**choice) for choice in choices) for name, choices in stored.items()}


def _read(connection: Connection[DictRow], tenant: TenantId, marketplace: str) -> SealedConnection:
    row = execute(connection, READ, tenant, marketplace=marketplace)
    if row is None:
        message = f"Tenant {tenant} has not connected {marketplace}."
        raise NotFound(message)
    return SealedConnection(**row)


def fresh_secret(tokens: Tokens, now: float) -> Secret:
    """Return the secret of tokens that were given just now."""
    life_s = tokens.access_expires_in_s
    return Secret(tokens.access, tokens.refresh, stale_at=now + life_s - min(EARLY_S, life_s * EARLY_SHARE))
