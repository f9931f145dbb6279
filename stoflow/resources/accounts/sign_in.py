"""Signing in and out, and staying signed in."""

from dataclasses import dataclass, field

from stoflow.domain.errors import AccountSuspended, SignInRefused
from stoflow.domain.facts.sign_ins import (
    RefreshTokenReused,
    SellerSignedIn,
    SellerSignedOut,
    SignInFailed,
    SuspendedTurnedAway,
    TokenRefused,
)
from stoflow.domain.ids import TenantId
from stoflow.monitoring.record import record
from stoflow.resources.accounts.passwords import is_password
from stoflow.resources.accounts.tries import sign_in_tries, take
from stoflow.resources.needs import Reads
from stoflow.storage.credentials.passwords import StoredPassword, find_by_email
from stoflow.storage.credentials.sign_in_tries import give_back
from stoflow.storage.credentials.token_families import (
    FAMILY_S,
    RefreshToken,
    Reused,
    begin_family,
    revoke_family,
    revoke_one,
    rotate,
)
from stoflow.storage.database.session import Database

WRONG = "The e-mail address or the password is wrong."
NOT_GOOD = "This refresh token is not good any more: sign in again."


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody says who they are, and where they ask from."""

    email: str
    password: str = field(repr=False)
    address: str

    @property
    def known_as(self) -> str:
        return self.email.strip().lower()


def sign_in(needs: Reads, given: Credentials, lasts_s: float = FAMILY_S) -> RefreshToken:
    """Return the first token of a new family, which `lasts_s`; raise SignInRefused, TooManyTries or AccountSuspended.

    Who is not known, has no password or has another one is answered alike, after the same work.
    """
    tries = sign_in_tries(given.known_as, given.address)
    take(needs.database, tries)
    found = find_by_email(needs.database, given.known_as)
    if not is_password(given.password, found.hash if found else None) or found is None:
        record(SignInFailed())
        raise SignInRefused(WRONG)
    give_back(needs.database, tries)
    return _welcome(needs.database, found, lasts_s)


def refresh(needs: Reads, token: str) -> RefreshToken:
    """Return the token that takes this one's place; one that comes twice ends its family. Raise SignInRefused."""
    match rotate(needs.database, token):
        case RefreshToken() as fresh:
            return fresh
        case Reused(tenant):
            record(RefreshTokenReused(tenant))
            raise SignInRefused(NOT_GOOD)
        case None:
            record(TokenRefused(NOT_GOOD))
            raise SignInRefused(NOT_GOOD)


def sign_out(needs: Reads, token: str) -> None:
    """End the sign-in that a token is of; where there is none, that is so already."""
    tenant = revoke_family(needs.database, token)
    if tenant is not None:
        record(SellerSignedOut(tenant))


def end_sign_in(needs: Reads, tenant: TenantId, sign_in: str) -> None:
    """End a sign-in by its own name; where it is over, that is so already."""
    if revoke_one(needs.database, tenant, sign_in):
        record(SellerSignedOut(tenant))


def _welcome(database: Database, known: StoredPassword, lasts_s: float) -> RefreshToken:
    if not known.is_active:
        record(SuspendedTurnedAway(known.tenant))
        raise AccountSuspended("This account is suspended.")
    fresh = begin_family(database, known.tenant, known.hash, lasts_s)
    if fresh is None:  # the password was changed, or the account suspended, since it was looked at
        raise SignInRefused(WRONG)
    record(SellerSignedIn(known.tenant))
    return fresh
