"""A tenant's connections: the account at each marketplace, whether it is usable, and its sealed tokens."""

from collections.abc import Mapping
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.account import Account
from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.storage.engine.statement import bind
from stoflow.storage.session import Database
from stoflow.storage.vault import Secret, Vault
from stoflow.transports.direct.tokens import Tokens

CONNECTED = "connected"
NEEDS_SELLER = "needs_seller"

EARLY_S = 60.0  # an access token is renewed this long before its end,
EARLY_SHARE = 0.1  # or this share of its life, whichever is less

NOW = "SELECT extract(epoch FROM clock_timestamp())::float8 AS now"
SAVE = """
INSERT INTO {s}.connections (marketplace, external_id, state, reason, settings, secret, secret_expires_at)
VALUES (%(marketplace)s, %(external_id)s, 'connected', NULL, %(settings)s, %(secret)s,
        clock_timestamp() + %(refresh_s)s::float8 * interval '1 second')
ON CONFLICT (marketplace) DO UPDATE SET external_id = EXCLUDED.external_id, state = 'connected', reason = NULL,
  settings = EXCLUDED.settings, secret = EXCLUDED.secret, secret_expires_at = EXCLUDED.secret_expires_at,
  updated_at = clock_timestamp()
"""
READ = """
SELECT external_id, state, reason, settings, secret, extract(epoch FROM clock_timestamp())::float8 AS now
FROM {s}.connections WHERE marketplace = %(marketplace)s
"""
READ_LOCKED = READ + "FOR UPDATE"
RESEAL = """
UPDATE {s}.connections SET secret = %(secret)s, updated_at = clock_timestamp() WHERE marketplace = %(marketplace)s
"""
MARK = """
UPDATE {s}.connections SET state = %(state)s, reason = %(reason)s, updated_at = clock_timestamp()
WHERE marketplace = %(marketplace)s AND (state, reason) IS DISTINCT FROM (%(state)s, %(reason)s)
RETURNING marketplace
"""
ANNOUNCE = "INSERT INTO public.outbox (tenant, job) VALUES (%(tenant)s, 0)"


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

    def account(self, tenant: TenantId, marketplace: str) -> Account:
        """Raise NotFound where the tenant never connected."""
        with self._database.records() as connection:
            row = read_connection(connection, tenant, marketplace)
        return Account(marketplace, row["external_id"], row["settings"])

    def tokens_of(self, tenant: TenantId, marketplace: str) -> Secret:
        """Return what is stored, fresh or not; for a token to use, ask SellerTokens."""
        with self._database.records() as connection:
            row = read_connection(connection, tenant, marketplace)
        return self._vault.unseal(tenant, marketplace, row["secret"])

    def mark_needs_seller(self, tenant: TenantId, marketplace: str, reason: str) -> None:
        """Nothing goes on at this marketplace for this tenant until the seller has acted."""
        with self._database.records() as connection:
            mark_connection(connection, tenant, marketplace, state=NEEDS_SELLER, reason=reason)

    def mark_connected(self, tenant: TenantId, marketplace: str) -> None:
        """What waited for the seller goes on, with the tokens that are stored."""
        with self._database.records() as connection:
            mark_connection(connection, tenant, marketplace, state=CONNECTED, reason=None)


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


def read_connection(
    connection: Connection[DictRow], tenant: TenantId, marketplace: str, *, locked: bool = False
) -> DictRow:
    """Return the row; raise NotFound where the tenant never connected."""
    row = execute(connection, READ_LOCKED if locked else READ, tenant, marketplace=marketplace)
    if row is None:
        message = f"Tenant {tenant} has not connected {marketplace}."
        raise NotFound(message)
    return row


def mark_connection(
    connection: Connection[DictRow], tenant: TenantId, marketplace: str, *, state: str, reason: str | None
) -> None:
    """Change the state, and tell the tenant's owner if it was another one."""
    if execute(connection, MARK, tenant, marketplace=marketplace, state=state, reason=reason) is not None:
        execute(connection, ANNOUNCE, tenant)


def fresh_secret(tokens: Tokens, now: float) -> Secret:
    """Return the secret of tokens that were given just now."""
    life_s = tokens.access_expires_in_s
    return Secret(tokens.access, tokens.refresh, stale_at=now + life_s - min(EARLY_S, life_s * EARLY_SHARE))
