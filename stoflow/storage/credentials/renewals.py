"""The right to refresh a connection's tokens: held by one at a time, over threads and processes.

No transaction is open during the refresh itself. The right is a lease inside the sealed tokens, taken and given back
in short transactions under the row's lock, so it and the tokens cannot disagree, and it ends by itself.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from uuid import uuid4

from stoflow.domain.errors import APIConnectionError
from stoflow.domain.facts.accounts import SealedSecretUnreadable
from stoflow.domain.ids import TenantId
from stoflow.monitoring.record import record
from stoflow.storage.credentials.connections import RESEAL, SealedConnection, execute, fresh_secret, lock_connection
from stoflow.storage.credentials.vault import Secret, SecretUnreadable, Vault
from stoflow.storage.database.session import Database, Records
from stoflow.storage.engine.connection_state import connected_again, needs_seller
from stoflow.transports.direct.tokens import ConsentEnded, Tokens, is_sendable

LEASE_S = 30.0  # above the refresh call's own deadline
LOST_ANSWERS_AT_MOST = 2
DID_NOT_SAY = "did not say whether it renewed the connection"
CANNOT_RENEW = "gave a token that cannot be sent back to renew the connection"

RENEW = """
UPDATE {s}.connections SET secret = %(secret)s, granted = coalesce(%(granted)s::text[], granted),
  secret_expires_at = coalesce(clock_timestamp() + %(refresh_s)s::float8 * interval '1 second', secret_expires_at)
WHERE marketplace = %(marketplace)s
"""


@dataclass(frozen=True, slots=True)
class Usable:
    """An access token, and for how long it may be used."""

    access: str = field(repr=False)
    for_s: float


@dataclass(frozen=True, slots=True)
class RenewedElsewhere:
    """Somebody else is refreshing now."""


@dataclass(frozen=True, slots=True)
class Resting:
    """A refresh has just failed; nobody tries for this long."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Right:
    """The right to refresh with this token, the name it is held under, and the account it is for."""

    holder: str
    account: str
    refresh: str = field(repr=False)


class Renewals:
    """Each call is one short transaction on one row."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def begin(
        self, tenant: TenantId, marketplace: str, account: str, *, refused: str, rotates: bool
    ) -> Usable | RenewedElsewhere | Resting | Right:
        """Take the right, unless there is a good token that is not the one refused, or somebody holds the right.

        Raise ConsentEnded where the seller must act. Where refresh tokens rotate that is also the case after two
        refreshes in a row without an answer: ours may have ended with an answer that was lost. Raise APIError where
        the seller has connected another account.
        """
        with self._locked(tenant, marketplace) as (connection, stored, secret):
            _check_account(stored, account)
            now: float = stored.now
            if secret.access != refused and secret.stale_at > now and is_sendable(secret.access):
                return Usable(secret.access, secret.stale_at - now)
            if stored.state == "needs_seller":
                raise ConsentEnded(stored.reason)
            if secret.resting_until > now:
                return Resting(secret.resting_until - now)
            if secret.renewed_by > now:
                return RenewedElsewhere()
            died = secret.renewer != ""  # and with its holder the answer, if there was one
            lost = secret.lost + (died and rotates)
            can_renew = is_sendable(secret.refresh)
            if can_renew and lost < LOST_ANSWERS_AT_MOST:
                right = Right(uuid4().hex, account, secret.refresh)
                held = replace(secret, renewer=right.holder, renewed_by=now + LEASE_S, lost=lost)
                self._reseal(connection, tenant, marketplace, held)
                return right
            # A seller who says it works all the same gets two more tries.
            self._reseal(connection, tenant, marketplace, replace(secret, renewer="", lost=0))
            reason = f"{marketplace} {DID_NOT_SAY if can_renew else CANNOT_RENEW}. Please connect again."
            self._halt(connection, tenant, marketplace, reason)
        raise ConsentEnded(reason)

    def stored(self, tenant: TenantId, marketplace: str, account: str) -> Usable:
        """Return what the seller entered, which nobody renews; raises as `begin` does."""
        with self._locked(tenant, marketplace) as (_, stored, secret):
            _check_account(stored, account)
            return Usable(secret.access, secret.stale_at - stored.now)

    def end(self, tenant: TenantId, marketplace: str, right: Right, tokens: Tokens) -> Usable:
        """Store the new pair, so that it may be used; or what a seller who connected anew meanwhile brought."""
        with self._locked(tenant, marketplace) as (connection, stored, secret):
            _check_account(stored, right.account)
            if secret.renewer != right.holder:
                return Usable(secret.access, secret.stale_at - stored.now)
            renewed = fresh_secret(tokens, stored.now)
            sealed, refresh_s = self._vault.seal(tenant, marketplace, renewed), tokens.refresh_expires_in_s
            values = {"secret": sealed, "refresh_s": refresh_s, "granted": tokens.granted and list(tokens.granted)}
            execute(connection, RENEW, tenant, marketplace=marketplace, **values)
            if stored.state != "connected":  # marked while it was under way: new tokens show that the consent lives
                connected_again(tenant, marketplace).on(connection)
            return Usable(renewed.access, renewed.stale_at - stored.now)

    def give_up(self, tenant: TenantId, marketplace: str, right: Right, *, lost: bool, rest_s: float) -> None:
        """Give the right back; `lost` says that the tokens may have been renewed without our hearing of it."""
        with self._locked(tenant, marketplace) as (connection, stored, secret):
            if secret.renewer == right.holder:
                resting_until = stored.now + rest_s
                resting = replace(
                    secret, renewer="", renewed_by=0.0, resting_until=resting_until, lost=secret.lost + lost
                )
                self._reseal(connection, tenant, marketplace, resting)

    def refused(self, tenant: TenantId, marketplace: str, right: Right, reason: str) -> None:
        """The marketplace takes the refresh token no more: the seller must connect again."""
        with self._locked(tenant, marketplace) as (connection, _, secret):
            if secret.renewer == right.holder:
                self._reseal(connection, tenant, marketplace, replace(secret, renewer="", renewed_by=0.0, lost=0))
                self._halt(connection, tenant, marketplace, reason)

    @contextmanager
    def _locked(self, tenant: TenantId, marketplace: str) -> Generator[tuple[Records, SealedConnection, Secret]]:
        with self._database.records() as connection:
            stored = lock_connection(connection, tenant, marketplace)
            if stored is None or stored.secret is None:
                reason = f"{marketplace} is not connected."
                raise ConsentEnded(reason)
            try:
                secret = self._vault.unseal(tenant, marketplace, stored.secret)
            except SecretUnreadable as error:
                record(SealedSecretUnreadable(tenant, marketplace, str(error)))
                reason = f"What is kept of your connection to {marketplace} cannot be opened. Please connect again."
                self._halt(connection, tenant, marketplace, reason)
            else:
                yield connection, stored, secret
                return
        raise ConsentEnded(reason)  # once that is recorded

    def _reseal(self, connection: Records, tenant: TenantId, marketplace: str, secret: Secret) -> None:
        sealed = self._vault.seal(tenant, marketplace, secret)
        execute(connection, RESEAL, tenant, marketplace=marketplace, secret=sealed)

    def _halt(self, connection: Records, tenant: TenantId, marketplace: str, reason: str) -> None:
        halted = needs_seller(tenant, marketplace, reason)
        connection.execute(halted.text, halted.params)


def _check_account(stored: SealedConnection, account: str) -> None:
    if stored.external_id != account:
        message = "The seller has connected another account meanwhile."
        raise APIConnectionError(message, sent=False)
