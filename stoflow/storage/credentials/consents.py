"""Consents that sellers were asked for: each state is good for one connection, within ten minutes.

The state names its tenant and is otherwise random; only its digest is stored. The code it comes back with is good for
one try, so what it was exchanged for is stored sealed before it is used: who comes back with the same state after a
failure goes on from there.
"""

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.consent import ConsentEnd
from stoflow.domain.errors import AccountTaken, Conflict, ConsentRefused
from stoflow.domain.ids import TenantId
from stoflow.storage.credentials.connections import ANNOUNCE, database_now, execute, fresh_secret
from stoflow.storage.credentials.consent_statements import (
    ASK,
    CONNECT,
    END,
    FORGET_OLD,
    KEEP,
    READ,
    RELEASE,
    RETURN,
    SPEND,
    TAKE,
)
from stoflow.storage.credentials.holders import hold_account
from stoflow.storage.credentials.vault import SecretUnreadable, Vault
from stoflow.storage.database.session import LARGEST_TENANT, Database
from stoflow.storage.engine.scopes import NOT_GRANTED
from stoflow.storage.tenants.quotas import refuse_more_marketplaces
from stoflow.transports.direct.consent import Identity
from stoflow.transports.direct.tokens import Tokens

LIFE_S = 600.0
RANDOM_BYTES = 32
STATE = re.compile(r"([1-9][0-9]{0,9})\.[A-Za-z0-9_-]{43}")
UNKNOWN = "This consent was never asked for here, or is long over. Please begin again."
ELSEWHERE = "This consent was asked for at another marketplace. Please begin again."
USED = "This consent was used already. Please begin again."
UNREADABLE = "This consent was begun under a key that StoFlow has no longer. Please begin again."
LATE = "This consent came back too late. Please begin again."
STRANGER = (
    "This consent was begun in another browser. Please begin again in this one, signed in as who you are: whoever sent "
    "you the link would sell with your account."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A consent asked for: `state` goes to the marketplace and comes back, `browser` stays where it was begun."""

    state: str = field(repr=False)
    expires_at: datetime
    browser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """A consent that came back for the first time: its code is to be exchanged."""

    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Given:
    """A consent whose code was exchanged: it is to be asked whose account this access token is."""

    access: str = field(repr=False)


def tenant_in(state: str) -> TenantId:
    """Return whose consent a state is about; raise ConsentRefused for what cannot be one of ours."""
    found = STATE.fullmatch(state)
    if found is None or int(found[1]) > LARGEST_TENANT:
        raise ConsentRefused(UNKNOWN)
    return TenantId(int(found[1]))


class Consents:
    """Each call is a transaction of its own. Whoever locks a consent and a connection locks the consent first."""

    def __init__(self, database: Database, vault: Vault, *, life_s: float = LIFE_S, shares: bool = False) -> None:
        """With `shares` several tenants may sell with one account."""
        self._database = database
        self._vault = vault
        self._life_s = life_s
        self._shares = shares

    def begin(self, tenant: TenantId, marketplace: str, *, verifier: str, return_to: str | None = None) -> Asked:
        """Note that the tenant's seller is asked, and forget the consents that nobody came back with."""
        state = f"{tenant}.{secrets.token_urlsafe(RANDOM_BYTES)}"
        sealed = self._vault.seal_verifier(tenant, marketplace, verifier)
        values = {"marketplace": marketplace, "verifier": sealed, "life_s": self._life_s, "return_to": return_to}
        with self._database.records() as connection:
            execute(connection, FORGET_OLD, tenant)
            row = execute(connection, ASK, tenant, state=_digest(state), **values)
        assert row is not None
        return Asked(state, row["expires_at"], _browser_of(verifier))

    def return_of(self, tenant: TenantId, state: str) -> str | None:
        """Return where the seller goes back to, also after the consent's end; None where nobody said."""
        with self._database.records() as connection:
            row = execute(connection, RETURN, tenant, state=_digest(state))
        return row["return_to"] if row else None

    def take(self, tenant: TenantId, marketplace: str, state: str, *, browser: str | None) -> Taken | Given:
        """Take the state: one caller gets to exchange its code. Raise ConsentRefused for any state but a good one.

        `browser` is what was left in the browser, None where the seller's own page hands the consent over.
        """
        with self._database.records() as connection:
            row = _checked(execute(connection, READ, tenant, state=_digest(state)), marketplace)
            verifier = self._verifier(tenant, marketplace, row["verifier"])
            if browser is not None and not hmac.compare_digest(browser.encode(), _browser_of(verifier).encode()):
                raise ConsentRefused(STRANGER, ConsentEnd.FOREIGN_BROWSER)
            if row["secret"] is not None:
                return Given(self._given(tenant, marketplace, row["secret"]))
            execute(connection, TAKE, tenant, state=_digest(state))
        return Taken(verifier)

    def _verifier(self, tenant: TenantId, marketplace: str, sealed: str) -> str:
        try:
            return self._vault.unseal_verifier(tenant, marketplace, sealed)
        except SecretUnreadable:
            raise ConsentRefused(UNREADABLE) from None

    def _given(self, tenant: TenantId, marketplace: str, sealed: str) -> str:
        try:
            return self._vault.unseal(tenant, marketplace, sealed).access
        except SecretUnreadable:
            raise ConsentRefused(UNREADABLE) from None

    def keep(self, tenant: TenantId, marketplace: str, state: str, tokens: Tokens) -> None:
        """Store what the code was exchanged for; raise ConsentRefused where the seller has disconnected meanwhile."""
        with self._database.records() as connection:
            secret = self._vault.seal(tenant, marketplace, fresh_secret(tokens, database_now(connection)))
            values = {"secret": secret, "refresh_s": tokens.refresh_expires_in_s, "granted": _granted(tokens)}
            kept = execute(connection, KEEP, tenant, state=_digest(state), **values)
        if kept is None:
            raise ConsentRefused(USED, ConsentEnd.USED)

    def connect(self, tenant: TenantId, marketplace: str, state: str, identity: Identity) -> None:
        """Make what was kept the tenant's connection, and let its jobs there go on.

        What the seller declared for the account stays. Raise ConsentRefused where another caller was first, Conflict
        where the tenant is connected as another account, QuotaExceeded where it would be one too many.
        """
        with self._database.records() as connection:
            spent = execute(connection, SPEND, tenant, state=_digest(state))
            if spent is None:
                raise ConsentRefused(USED, ConsentEnd.USED)
            self._connect(connection, tenant, marketplace, identity, spent)
            execute(connection, RELEASE, tenant, marketplace=marketplace, kind=NOT_GRANTED)
            execute(connection, ANNOUNCE, tenant)

    def enter(self, tenant: TenantId, marketplace: str, identity: Identity, tokens: Tokens) -> None:
        """Make what the seller entered the tenant's connection, as `connect` does of what was consented to."""
        with self._database.records() as connection:
            sealed = self._vault.seal(tenant, marketplace, fresh_secret(tokens, database_now(connection)))
            kept = {"secret": sealed, "secret_expires_at": None, "granted": _granted(tokens)}
            self._connect(connection, tenant, marketplace, identity, kept)
            execute(connection, ANNOUNCE, tenant)

    def _connect(
        self,
        connection: Connection[DictRow],
        tenant: TenantId,
        marketplace: str,
        identity: Identity,
        kept: Mapping[str, Any],
    ) -> None:
        account = identity.external_id
        if not hold_account(connection, tenant, marketplace, account, shared=self._shares):
            message = (
                f"Another account of StoFlow sells with this {marketplace} account already, and it can be connected "
                "once. Disconnect it there first, or consent as another account."
            )
            raise AccountTaken(message)
        refuse_more_marketplaces(connection, tenant, marketplace)
        values = {"marketplace": marketplace, "external_id": account, **kept}
        if execute(connection, CONNECT, tenant, settings=Jsonb(dict(identity.settings)), **values) is None:
            message = (
                f"You are connected to {marketplace} as another account than the one that consented now. "
                "Disconnect that one first, or connect as the same account."
            )
            raise Conflict(message)

    def end(self, tenant: TenantId, state: str) -> None:
        """Let the state be good for nothing more, and forget what came of it."""
        with self._database.records() as connection:
            execute(connection, END, tenant, state=_digest(state))


def _granted(tokens: Tokens) -> list[str] | None:
    return list(tokens.granted) if tokens.granted is not None else None


def _checked(row: DictRow | None, marketplace: str) -> DictRow:
    if row is None:
        raise ConsentRefused(UNKNOWN)
    if row["marketplace"] != marketplace:
        raise ConsentRefused(ELSEWHERE, ConsentEnd.ELSEWHERE)
    if row["done"] or (row["taken"] and row["secret"] is None):
        raise ConsentRefused(USED, ConsentEnd.USED)
    if row["late"]:
        raise ConsentRefused(LATE, ConsentEnd.EXPIRED)
    return row


def _browser_of(verifier: str) -> str:
    """Return what only the browser holds that began the consent: it follows from the verifier and does not tell it."""
    return sha256(f"browser of {verifier}".encode()).hexdigest()


def _digest(state: str) -> str:
    return sha256(state.encode()).hexdigest()
