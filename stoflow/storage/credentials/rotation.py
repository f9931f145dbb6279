"""Sealing everything anew with the newest key, so that older keys can be taken away."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import LiteralString

from psycopg import Connection
from psycopg.rows import DictRow

from stoflow.domain.errors import ConfigurationError, DatabaseRefused
from stoflow.domain.ids import TenantId
from stoflow.domain.webhook import Owner
from stoflow.storage.credentials.vault import NO_TENANT, Vault
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import list_tenants
from stoflow.storage.engine.statement import bind, s


@dataclass(frozen=True, slots=True)
class SealedText:
    key: str
    marketplace: str
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """One column of a tenant's table that holds sealed texts, and what tells its rows apart."""

    table: LiteralString
    key: LiteralString
    column: LiteralString

    def texts(self, connection: Connection[DictRow], tenant: TenantId) -> Sequence[SealedText]:
        """Return the texts, held until the commit: a pair that is being renewed is waited for."""
        rows = f"SELECT {self.key} AS key, marketplace, {self.column} AS sealed FROM {s}.{self.table} "
        held = bind(rows + f"WHERE {self.column} IS NOT NULL ORDER BY {self.key} FOR UPDATE", tenant)
        return [SealedText(**row) for row in held.on(connection)]

    def store(self, connection: Connection[DictRow], tenant: TenantId, key: str, sealed: str) -> None:
        changed = f"UPDATE {s}.{self.table} SET {self.column} = %(sealed)s WHERE {self.key} = %(key)s"
        bind(changed, tenant, key=key, sealed=sealed).on(connection)


# Consents before connections: the order in which a returning seller's are locked.
EVERYTHING_SEALED = (
    Sealed("consents", "state", "verifier"),
    Sealed("consents", "state", "secret"),
    Sealed("connections", "marketplace", "secret"),
)


# A platform's webhooks are no tenant's. Held until the commit, so that a secret that is being made anew is waited for.
WEBHOOKS = """
SELECT id, tenant, platform, secret, old_secret FROM public.webhooks
WHERE coalesce(tenant, 0) = %(tenant)s ORDER BY id FOR UPDATE
"""
STORE_WEBHOOK = "UPDATE public.webhooks SET secret = %(secret)s, old_secret = %(old_secret)s WHERE id = %(id)s"


@dataclass(frozen=True, slots=True)
class Failure:
    """A tenant whose secrets stayed as they were, and why; 0 are the platforms' webhooks."""

    tenant: TenantId
    reason: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a run did, in sealed texts; `unchanged` were sealed with the newest key already."""

    resealed: int
    unchanged: int
    failed: tuple[Failure, ...]


def rotate(database: Database, vault: Vault) -> Rotation:
    """Seal every tenant's secrets with the newest key, each tenant in a transaction of its own.

    A tenant whose secrets cannot be opened is named, and the rest go on. A run that was cut short is begun again:
    what it had done is found unchanged. Raise DatabaseUnavailable where PostgreSQL is away.
    """
    resealed, unchanged, failed = 0, 0, list[Failure]()
    for tenant in (*(tenant.id for tenant in list_tenants(database)), NO_TENANT):
        try:
            changed, known = _rotate_tenant(database, vault, tenant)
        except (ConfigurationError, DatabaseRefused) as error:
            failed.append(Failure(tenant, str(error)))
        else:
            resealed, unchanged = resealed + changed, unchanged + known
    return Rotation(resealed, unchanged, tuple(failed))


def _rotate_tenant(database: Database, vault: Vault, tenant: TenantId) -> tuple[int, int]:
    """Return how many were sealed anew, and how many were already."""
    with database.records() as connection:
        changed, known = _rotate_webhooks(connection, vault, tenant)
        for place in EVERYTHING_SEALED if tenant != NO_TENANT else ():
            for text in place.texts(connection, tenant):
                sealed = vault.resealed(tenant, text.marketplace, text.sealed)
                if sealed is None:
                    known += 1
                else:
                    place.store(connection, tenant, text.key, sealed)
                    changed += 1
    return changed, known


def _rotate_webhooks(connection: Connection[DictRow], vault: Vault, tenant: TenantId) -> tuple[int, int]:
    changed = known = 0
    for row in connection.execute(WEBHOOKS, {"tenant": tenant}).fetchall():
        owner = Owner(row["tenant"], row["platform"])
        kept = {name: row[name] for name in ("secret", "old_secret") if row[name]}
        sealed = {name: vault.resealed_webhook(owner, text) for name, text in kept.items()}
        fresh = {name: text for name, text in sealed.items() if text is not None}
        if fresh:
            connection.execute(STORE_WEBHOOK, {"old_secret": None, **kept, **fresh, "id": row["id"]})
        changed, known = changed + len(fresh), known + len(sealed) - len(fresh)
    return changed, known
